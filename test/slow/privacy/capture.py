"""Writes every packet of an interface to a file, each with its length in front (4 bytes, big endian)."""
import signal
import socket
import struct
import sys

ALL = 3
interface, path = sys.argv[1:3]
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ALL))
tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024 * 1024)
tap.bind((interface, 0))
tap.settimeout(0.2)
going = True


def stop(*_):
    global going
    going = False


signal.signal(signal.SIGTERM, stop)
with open(path, "wb") as out:
    print("ready", flush=True)
    while going:
        try:
            packet = tap.recv(1 << 17)
        except socket.timeout:
            continue
        out.write(struct.pack(">I", len(packet)))
        out.write(packet)
