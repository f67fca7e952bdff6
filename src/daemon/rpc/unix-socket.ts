/** The unix socket: who may connect is decided by the file's owner and mode alone. */
import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { NodeEvent, Paths } from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";
import { type RpcConnection, serve } from "./connection.ts";
import type { Dispatch } from "./dispatch.ts";

export interface LocalSocket {
  /** Hands an event to every listener. */
  offer(event: NodeEvent): void;
  /** Ends the streams of events of all who listen; their connections stay. */
  endStreams(why: "locked"): void;
  /** Ends all connections after what was written to them, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens at `paths.socket` with mode 0600, in a directory where nobody else may put another in its
 * place. Throws `node-already-running` where a node listens there already, `listen-failed` where it
 * cannot be made.
 */
export async function openSocket(
  paths: Pick<Paths, "socket" | "socketDirectory">,
  dispatch: Dispatch,
): Promise<LocalSocket> {
  await prepareDirectory(paths.socketDirectory);
  await removeStale(paths.socket);
  const sessions = new Map<Socket, RpcConnection>();
  const server = createServer((socket) => {
    sessions.set(
      socket,
      serve(socket, dispatch, () => sessions.delete(socket)),
    );
  });
  server.maxConnections = limits.apiConnections;
  await listen(server, paths.socket);
  await chmod(paths.socket, 0o600);
  return {
    offer(event) {
      for (const session of sessions.values()) session.offer(event);
    },
    endStreams(why) {
      for (const session of sessions.values()) session.endStream(why);
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions.values()) session.end();
      // A program that does not read must not keep the node from stopping.
      const cut = setTimeout(() => {
        for (const socket of sessions.keys()) socket.destroy();
      }, CLOSE_GRACE);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** How long connected programs have to read what was written to them, ms. */
const CLOSE_GRACE = 500;

async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SottoError("listen-failed", `Cannot create the directory ${directory}.`, { cause });
  }
  // Whoever may rename files there could listen in our place; a sticky directory (/tmp) lets only
  // owners do that.
  const { uid, mode } = await lstat(directory);
  const owned = uid === process.getuid?.() || uid === 0;
  if (owned && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0)) return;
  throw new SottoError(
    "listen-failed",
    `Other users can write to the directory of the socket, ${directory}.`,
  );
}

/** Removes what a killed node left; a socket on which somebody answers stays. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new SottoError("listen-failed", `${path} exists and is not a socket.`);
  if (await answers(path))
    throw new SottoError("node-already-running", `A node already listens on ${path}.`);
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new SottoError("listen-failed", `Cannot listen on ${path}.`, { cause })),
    );
    // The mode is right from the first moment on: bind happens inside this call.
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}
