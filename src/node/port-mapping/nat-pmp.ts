/**
 * Asking the router for a port in NAT-PMP (RFC 6886). Packets go to the gateway alone, and what
 * another one answers is not heard.
 */
import { createSocket } from "node:dgram";
import { limits, readU32, u32 } from "../../base/index.ts";
import type { GatewayRequest, Lease, NoLease } from "./types.ts";

const MAP_TCP = 2;
const ADDRESS = 0;
/** The highest bit of an operation marks its answer. */
const ANSWER = 128;

/** The gateway's answer to one request, or `undefined` where it gives none. */
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
      signal?.removeEventListener("abort", give);
      socket.removeAllListeners();
      // What comes late, or a second time, is nobody's.
      socket.on("error", () => undefined);
      socket.close();
      resolve(answer);
    };
    const give = (): void => done();
    const send = (made: number): void => {
      if (made >= tries || signal?.aborted === true) {
        done();
        return;
      }
      socket.send(bytes, () => undefined);
      cancel = clock.after(limits.portMapWait * 2 ** made, () => send(made + 1));
    };
    socket.on("error", give);
    socket.on("message", (answer) => {
      const fits = answer[0] === 0 && answer[1] === ANSWER + (bytes[1] ?? 0);
      if (fits && answer.length >= 8) done(Uint8Array.from(answer));
    });
    // Connected: the kernel drops what comes from anywhere else.
    socket.connect(gateway.natPmp, gateway.ip, () => {
      signal?.addEventListener("abort", give, { once: true });
      send(0);
    });
  });
}

const readU16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** §3.3: a map of `port` for so long, s; 0 gives it back. */
function mapping(port: number, outside: number, seconds: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const ports = seconds > 0 ? [port, outside] : [port, 0];
  bytes.set([0, MAP_TCP, 0, 0, ...ports.flatMap((each) => [each >> 8, each & 255])]);
  bytes.set(u32(seconds), 8);
  return bytes;
}

/** See `AskForPort`. */
export async function requestNatPmp(
  asking: GatewayRequest,
  port: number,
  outside: number,
): Promise<Lease | NoLease> {
  const { gateway, clock } = asking;
  const giveBack = async (): Promise<void> => {
    await request({ gateway, clock }, 1, mapping(port, 0, 0));
  };
  const wanted = mapping(port, outside, limits.portMapSeconds);
  const given = await request(asking, limits.portMapTries, wanted);
  if (given !== undefined && readU16(given, 2) !== 0) return "refused";
  if (given?.length === 16 && readU16(given, 8) === port) {
    const seen = await request(asking, limits.portMapTries, Uint8Array.of(0, ADDRESS));
    if (seen?.length === 12 && readU16(seen, 2) === 0)
      return {
        key: `nat-pmp ${gateway.ip} ${port}`,
        ip: seen.slice(8).join("."),
        port: readU16(given, 10),
        seconds: readU32(given, 12),
        release: giveBack,
      };
  }
  // The router may have opened it, whatever it answered.
  await giveBack();
  return given === undefined ? "silent" : "refused";
}
