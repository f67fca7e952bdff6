/**
 * What an observer has: the packets of an interface, the memory of a process, the files of a
 * directory.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./capture.py", import.meta.url));

/** Captures from now on, until the result is called. It gives each packet. */
export async function capture(face: string, path: string): Promise<() => Promise<Buffer[]>> {
  const child: ChildProcess = spawn("python3", [program, face, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", () => reject(new Error("no capture")));
  });
  return async () => {
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await gone;
    const all = readFileSync(path);
    const packets: Buffer[] = [];
    for (let at = 0; at + 4 <= all.length; ) {
      const length = all.readUInt32BE(at);
      packets.push(all.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return packets;
  };
}

export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly data: Buffer;
}

/** The TCP segment in an Ethernet frame with IPv4, if there is one. */
export function segmentOf(packet: Buffer): Segment | undefined {
  if (packet.length < 34 || packet.readUInt16BE(12) !== 0x0800 || packet[23] !== 6)
    return undefined;
  const ip = 14;
  const tcp = ip + ((packet[ip] ?? 0) & 15) * 4;
  const end = ip + packet.readUInt16BE(ip + 2);
  const begin = tcp + ((packet[tcp + 12] ?? 0) >> 4) * 4;
  return {
    from: packet.readUInt16BE(tcp),
    to: packet.readUInt16BE(tcp + 2),
    sequence: packet.readUInt32BE(tcp + 4),
    data: packet.subarray(begin, end),
  };
}

/** What each side of each connection said, whole: a needle may lie across two packets. */
export function streamsOf(packets: readonly Buffer[]): Buffer[] {
  const sides = new Map<string, Map<number, Buffer>>();
  for (const packet of packets) {
    const segment = segmentOf(packet);
    if (segment === undefined || segment.data.length === 0) continue;
    const name = `${segment.from}-${segment.to}`;
    const side = sides.get(name) ?? new Map<number, Buffer>();
    sides.set(name, side);
    // Loopback shows each packet twice; a repetition begins where the first did.
    if ((side.get(segment.sequence)?.length ?? 0) < segment.data.length)
      side.set(segment.sequence, segment.data);
  }
  return [...sides.values()].map((side) => Buffer.concat([...side.values()]));
}

/**
 * Lengths of what Noise carries on one side of a connection, each of one message; none where it is
 * no such connection.
 */
export function carriedBy(side: Buffer): number[] {
  const lines = Buffer.from("\x13/multistream/1.0.0\n\x07/noise\n", "latin1");
  if (!side.subarray(0, lines.length).equals(lines)) return [];
  const TAG = 16;
  const lengths: number[] = [];
  for (let at = lines.length; at + 2 <= side.length; ) {
    const length = side.readUInt16BE(at);
    lengths.push(length - TAG);
    at += 2 + length;
  }
  return lengths;
}

/** Datagrams of a UDP port over IPv4. */
export function datagramsOf(packets: readonly Buffer[], port: number): Buffer[] {
  return packets.flatMap((packet) => {
    if (packet.length < 42 || packet.readUInt16BE(12) !== 0x0800 || packet[23] !== 17) return [];
    const udp = 14 + ((packet[14] ?? 0) & 15) * 4;
    return packet.readUInt16BE(udp + 2) === port ? [packet.subarray(udp + 8)] : [];
  });
}

/** What a process can write to, piece by piece: its heaps and stacks. Needs root. */
export function* memoryOf(pid: number): Generator<Buffer> {
  const file = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, begin, end, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
      if (begin === undefined || end === undefined || !rights?.startsWith("rw")) continue;
      const [first, last] = [BigInt(`0x${begin}`), BigInt(`0x${end}`)];
      // Reservations that nothing lies in cannot be read; others are read in pieces that overlap.
      for (let at = first; at < last; at += 64n * 1024n * 1024n) {
        const rest = last - at;
        const piece = Buffer.alloc(Number(rest < 65_000_000n ? rest : 67_110_000n));
        try {
          const read = readSync(file, piece, 0, piece.length, at as unknown as number);
          yield piece.subarray(0, read);
        } catch {
          break;
        }
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Every file below a directory. */
export function filesOf(directory: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((name) => ({ name, bytes: readFileSync(name) }));
}
