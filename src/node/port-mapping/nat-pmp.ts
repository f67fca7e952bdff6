/**
 * Requests a port mapping by NAT-PMP (RFC 6886). Packets go to the gateway only, and those of other
 * senders are dropped.
 */
import { createSocket } from "node:dgram";
import { limits, readU32, u32 } from "../../base/index.ts";
import type { GatewayRequest, Lease, NoLease } from "./types.ts";

const MAP_TCP = 2;
const ADDRESS = 0;
/** The highest bit of the opcode marks a response. */
const RESPONSE = 128;

/** Sends one request and returns the gateway's response; `undefined` if it does not answer. */
function request(
  { gateway, clock, signal }: Omit<GatewayRequest, "signal"> & { readonly signal?: AbortSignal },
  tries: number,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    let cancel = (): void => undefined;
    const done = (answer?: Uint8Array): void => {
      cancel();
      signal?.removeEventListener("abort", cancelled);
      socket.removeAllListeners();
      // Ignore late and repeated responses.
      socket.on("error", () => undefined);
      socket.close();
      resolve(answer);
    };
    const cancelled = (): void => done();
    const send = (made: number): void => {
      if (made >= tries || signal?.aborted === true) {
        done();
        return;
      }
      socket.send(bytes, () => undefined);
      cancel = clock.after(limits.portMapWait * 2 ** made, () => send(made + 1));
    };
    socket.on("error", cancelled);
    socket.on("message", (answer) => {
      const fits = answer[0] === 0 && answer[1] === RESPONSE + (bytes[1] ?? 0);
      if (fits && answer.length >= 8) done(Uint8Array.from(answer));
    });
    // Connected: the kernel drops packets of other senders.
    socket.connect(gateway.natPmp, gateway.ip, () => {
      signal?.addEventListener("abort", cancelled, { once: true });
      send(0);
    });
  });
}

const readU16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** A mapping request for TCP (§3.3): `port` for `seconds`; 0 deletes the mapping. */
function mapping(port: number, outside: number, seconds: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const ports = seconds > 0 ? [port, outside] : [port, 0];
  bytes.set([0, MAP_TCP, 0, 0, ...ports.flatMap((each) => [each >> 8, each & 255])]);
  bytes.set(u32(seconds), 8);
  return bytes;
}

/** Implements `RequestMapping`. */
export async function requestNatPmp(
  to: GatewayRequest,
  port: number,
  outside: number,
): Promise<Lease | NoLease> {
  const { gateway, clock } = to;
  const release = async (): Promise<void> => {
    await request({ gateway, clock }, 1, mapping(port, 0, 0));
  };
  const wanted = mapping(port, outside, limits.portMapSeconds);
  const mapped = await request(to, limits.portMapTries, wanted);
  if (mapped !== undefined && readU16(mapped, 2) !== 0) return "refused";
  if (mapped?.length === 16 && readU16(mapped, 8) === port) {
    const seen = await request(to, limits.portMapTries, Uint8Array.of(0, ADDRESS));
    if (seen?.length === 12 && readU16(seen, 2) === 0)
      return {
        key: `nat-pmp ${gateway.ip} ${port}`,
        ip: seen.slice(8).join("."),
        port: readU16(mapped, 10),
        seconds: readU32(mapped, 12),
        release,
      };
  }
  // The router may have opened the port whatever it answered.
  await release();
  return mapped === undefined ? "silent" : "refused";
}
