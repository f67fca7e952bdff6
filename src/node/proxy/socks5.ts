/**
 * A SOCKS5 client (RFC 1928; user and password: RFC 1929). Names are sent to the proxy: nothing is
 * resolved here. Does not depend on libp2p.
 */

import { connect, type Socket } from "node:net";
import { concat, utf8 } from "../../base/index.ts";
import type { ProxyAddress, ProxyCredentials } from "../model/config.ts";

/** Where to connect. */
export interface Destination {
  /** 4 or 16 bytes of an IP address, or a name of 1 to 255 bytes. */
  readonly host: Uint8Array | string;
  readonly port: number;
}

/**
 * What failed. down: the proxy does not answer. refused: it is no SOCKS5 proxy or rejects our
 * credentials. destination: it could not reach the destination.
 */
export type SocksFailure = "down" | "refused" | "destination";

/** A failed connection; its message is a few words for the user. */
export class SocksError extends Error {
  override readonly name = "SocksFault";
  readonly kind: SocksFailure;

  constructor(kind: SocksFailure, message: string) {
    super(message);
    this.kind = kind;
  }
}

const VERSION = 5;
const NO_LOGIN = 0;
const USER_PASSWORD = 2;
const CONNECT = 1;

/** RFC 1928 §6, and Tor's own (proposal 304). */
const replyTexts: Readonly<Record<number, string>> = {
  1: "the proxy failed",
  2: "the proxy is not allowed to connect there",
  3: "no route from the proxy",
  4: "not found from the proxy",
  5: "refused",
  6: "timed out",
  8: "the proxy does not support this kind of address",
  240: "onion service not found",
  241: "the onion service's descriptor is invalid",
  242: "the onion service cannot be reached",
  243: "the onion service requires client authorization",
  246: "invalid onion address",
  247: "timed out",
};

/**
 * Connects to a destination; the socket is ready to be read from its first byte. Throws
 * `SocksError`, or what the signal was aborted with.
 * @param login for this connection; the proxy may not ask for it.
 */
export async function connectThrough(
  proxy: ProxyAddress,
  to: Destination,
  login: ProxyCredentials | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  return withProxy(proxy, signal, async (socket) => {
    await greet(socket, login);
    socket.write(concat(Uint8Array.of(VERSION, CONNECT, 0), encodeDestination(to)));
    const [version, reply = 1, , kind] = await read(socket, 4);
    if (version !== VERSION) throw new SocksError("refused", "no SOCKS5 proxy answers there");
    if (reply !== 0) throw new SocksError("destination", replyTexts[reply] ?? "the proxy failed");
    // The proxy's own address is not needed.
    const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await read(socket, 1))[0] ?? 0);
    await read(socket, length + 2);
    return socket;
  });
}

/**
 * Checks that the proxy answers and accepts our credentials; connects nowhere through it. Throws
 * `SocksError`, or what the signal was aborted with.
 */
export async function probeProxy(
  proxy: ProxyAddress,
  login: ProxyCredentials | undefined,
  signal: AbortSignal,
): Promise<void> {
  const socket = await withProxy(proxy, signal, async (opened) => {
    await greet(opened, login);
    return opened;
  });
  socket.destroy();
}

/** Runs a job on a new connection to the proxy, which is closed if the job fails. */
async function withProxy(
  { host, port }: ProxyAddress,
  signal: AbortSignal,
  job: (socket: Socket) => Promise<Socket>,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  const abort = (): unknown => socket.destroy(new Error("aborted"));
  // The waiting read fails by the end of the stream.
  const ignore = (): void => undefined;
  socket.on("error", ignore);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await opened(socket);
    return await job(socket);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    socket.removeListener("error", ignore);
    // Ignore later errors of the destroyed socket.
    if (socket.destroyed) socket.on("error", ignore);
  }
}

function opened(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new SocksError("down", "the proxy does not answer"));
    socket.once("close", fail);
    socket.once("connect", () => {
      socket.removeListener("close", fail);
      resolve();
    });
  });
}

/** RFC 1928 §3, RFC 1929 §2. */
async function greet(socket: Socket, login: ProxyCredentials | undefined): Promise<void> {
  const methods = login === undefined ? [NO_LOGIN] : [NO_LOGIN, USER_PASSWORD];
  socket.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method] = await read(socket, 2);
  if (version !== VERSION) throw new SocksError("refused", "no SOCKS5 proxy answers there");
  if (method === NO_LOGIN) return;
  if (method !== USER_PASSWORD || login === undefined)
    throw new SocksError("refused", "the proxy requires a user and a password");
  const [user, password] = [utf8(login.user), utf8(login.password)];
  const lengths = [user, password].map(({ length }) => Uint8Array.of(length));
  socket.write(
    concat(Uint8Array.of(1), lengths[0] as Uint8Array, user, lengths[1] as Uint8Array, password),
  );
  const [, status] = await read(socket, 2);
  if (status !== 0) throw new SocksError("refused", "the proxy refuses the user or the password");
}

/** Kind of address, address and port (RFC 1928 §5). */
function encodeDestination({ host, port }: Destination): Uint8Array {
  const portBytes = Uint8Array.of(port >> 8, port & 255);
  if (typeof host !== "string")
    return concat(Uint8Array.of(host.length === 4 ? 1 : 4), host, portBytes);
  const name = utf8(host);
  if (name.length === 0 || name.length > 255) throw new SocksError("destination", "not a name");
  return concat(Uint8Array.of(3, name.length), name, portBytes);
}

/** Reads exactly `length` bytes; further bytes stay in the socket. */
function read(socket: Socket, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const bytes = length === 0 ? new Uint8Array(0) : (socket.read(length) as Buffer | null);
      if (bytes?.length === length) done(() => resolve(bytes));
      // At the end of the stream, fewer bytes than requested are returned.
      else if (bytes !== null || socket.destroyed || socket.readableEnded) fail();
    };
    const fail = (): void =>
      done(() => reject(new SocksError("refused", "the proxy closed the connection")));
    const done = (settle: () => void): void => {
      for (const event of ["readable", "end"]) socket.removeListener(event, check);
      socket.removeListener("close", fail);
      settle();
    };
    socket.on("readable", check);
    socket.on("end", check);
    socket.on("close", fail);
    check();
  });
}
