"""Two network namespaces, and the bad link between them.

Started inside a user and network namespace of its own. Makes a TUN device for each end, gives it to a namespace, says
the two holders' pids as JSON, and from then on carries IP packets: drops, duplicates, delays and reorders them.
Ends when its standard input does, and says then what it did.

usage: lossy.py LOSS_PERCENT
"""
import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import sys
import time

LOSS = float(sys.argv[1]) / 100
DUPLICATE = 0.03
LATE = 0.05
DELAY = 0.015  # s, one way
JITTER = 0.010
LATENESS = 0.120
MTU = 1400
QUEUE = 1000

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
ADDRESSES = ["10.77.0.1", "10.77.0.2"]


def run(*command):
    subprocess.run(command, check=True)


def end(name, own, other):
    """A TUN device in a namespace of its own. Returns its descriptor and the process that holds the namespace."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 3600"], stdout=subprocess.PIPE)
    holder.stdout.readline()
    run("ip", "link", "set", name, "netns", str(holder.pid))
    inside = ["nsenter", "-t", str(holder.pid), "-n", "ip"]
    run(*inside, "link", "set", "lo", "up")
    run(*inside, "addr", "add", own, "peer", other, "dev", name)
    run(*inside, "link", "set", name, "mtu", str(MTU), "up")
    return tun, holder


tuns, holders = zip(end("end0", *ADDRESSES), end("end1", *reversed(ADDRESSES)))
print(json.dumps({"holders": [holder.pid for holder in holders], "addresses": ADDRESSES}), flush=True)

counts = {"carried": 0, "dropped": 0, "duplicated": 0, "late": 0}
queue = []
order = 0
while True:
    wait = max(0, queue[0][0] - time.monotonic()) if queue else None
    ready, _, _ = select.select([*tuns, sys.stdin], [], [], wait)
    if sys.stdin in ready:
        break
    for i, tun in enumerate(tuns):
        if tun not in ready:
            continue
        packet = os.read(tun, 2 * MTU)
        counts["carried"] += 1
        if random.random() < LOSS or len(queue) >= QUEUE:
            counts["dropped"] += 1
            continue
        copies = 1
        if random.random() < DUPLICATE:
            copies = 2
            counts["duplicated"] += 1
        for _ in range(copies):
            due = time.monotonic() + DELAY + random.random() * JITTER
            if random.random() < LATE:
                due += random.random() * LATENESS
                counts["late"] += 1
            order += 1
            heapq.heappush(queue, (due, order, 1 - i, packet))
    while queue and queue[0][0] <= time.monotonic():
        _, _, to, packet = heapq.heappop(queue)
        os.write(tuns[to], packet)
for holder in holders:
    holder.kill()
    holder.wait()
print(json.dumps(counts), flush=True)
