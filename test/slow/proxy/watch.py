"""Looks at every packet that leaves an interface: watch.py INTERFACE "tcp ADDRESS PORT". Ends with its input, and says as JSON how many went
to that place, and to where all others did. ARP and the kernel's search for IPv6 neighbours (ICMPv6 133 to 136, 143) are left out."""
import json
import select
import socket
import struct
import sys

KINDS = {6: "tcp", 17: "udp"}
KERNEL = {133, 134, 135, 136, 143}


def place(packet):
    kind = struct.unpack("!H", packet[12:14])[0]
    if kind == 0x0800:
        head = (packet[14] & 15) * 4
        protocol, to = packet[23], socket.inet_ntop(socket.AF_INET, packet[30:34])
        rest = packet[14 + head:]
    elif kind == 0x86DD:
        protocol, to = packet[20], socket.inet_ntop(socket.AF_INET6, packet[38:54])
        rest = packet[54:]
        if protocol == 0 and rest[0] == 58:
            protocol, rest = 58, rest[(rest[1] + 1) * 8:]
        if protocol == 58 and rest[0] in KERNEL:
            return None
    elif kind == 0x0806:
        return None
    else:
        return "ethertype %04x" % kind
    if protocol in KINDS:
        return "%s %s %d" % (KINDS[protocol], to, struct.unpack("!H", rest[2:4])[0])
    return "protocol %d %s" % (protocol, to)


def main(interface, allowed):
    sight = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sight.bind((interface, 0))
    proxied, others = 0, {}
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([sight, sys.stdin], [], [])
        if sight in ready:
            packet, source = sight.recvfrom(65535)
            where = place(packet) if source[2] == socket.PACKET_OUTGOING else None
            if where == allowed:
                proxied += 1
            elif where is not None:
                others[where] = others.get(where, 0) + 1
        elif sys.stdin in ready and not sys.stdin.readline():
            print(json.dumps({"proxied": proxied, "others": others}), flush=True)
            return


main(sys.argv[1], sys.argv[2])
