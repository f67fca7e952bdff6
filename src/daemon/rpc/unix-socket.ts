/** The unix socket of a node; access is controlled by the owner and the mode of its file. */
import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, stat, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import {
  type DirectoryFacts,
  lineSplitter,
  type NodeEvent,
  type Paths,
  requireSafeDirectory,
} from "../../api/index.ts";
import { hasCode, limits, SottoError } from "../../base/index.ts";
import { type RpcSession, type ServerConnection, serve } from "./connection.ts";
import type { Dispatch } from "./dispatch.ts";

export interface LocalSocket {
  /** Sends an event to every client that subscribed to it. */
  offer(event: NodeEvent): void;
  /** The node was locked or unlocked: the events of all clients pause in between. */
  changeState(state: "open" | "locked"): void;
  /** Closes the connections that are restricted to a token. */
  revoke(token: string): void;
  /**
   * Listens again if the socket was deleted; open connections continue. Throws what `openSocket`
   * throws; the next call tries again.
   * @returns whether it did.
   */
  restore(): Promise<boolean>;
  /** Closes all connections after everything was sent, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens on `paths.socket` with mode 0600, in a directory where no other user can replace it.
 * Throws `node-already-running` if a node listens there already, `socket-unsafe` if another user
 * could replace the socket, `listen-failed` if that fails.
 */
export async function openSocket(
  paths: Pick<Paths, "socket" | "socketDirectory">,
  dispatch: Dispatch,
): Promise<LocalSocket> {
  const sessions = new Map<Socket, RpcSession>();
  let bound: Bound | undefined = await bind(paths, accept);
  let closed = false;
  return {
    offer(event) {
      for (const session of sessions.values()) session.offer(event);
    },
    changeState(state) {
      for (const session of sessions.values()) session.changeState(state);
    },
    revoke(token) {
      for (const session of sessions.values()) session.revoke(token);
    },
    async restore() {
      if (bound !== undefined) {
        if (!(await isDeleted(paths.socket)) || closed) return false;
        // Before the new one is there, because closing removes the path.
        bound.server.close();
        bound = undefined;
      }
      const next = await bind(paths, accept);
      if (closed) next.server.close();
      else bound = next;
      return !closed;
    },
    async close() {
      closed = true;
      for (const session of sessions.values()) session.end();
      if (bound === undefined) return;
      const { server, file } = bound;
      const found = await lstat(paths.socket).catch(() => undefined);
      // Closing removes the path, which another node has if this one's home was replaced. The
      // system may have used the inode again.
      if (
        found !== undefined &&
        (found.ino !== file.ino || found.birthtimeMs !== file.birthtimeMs)
      ) {
        server.unref();
        return;
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function accept(socket: Socket): void {
    // It was in the queue of the system while the others were closed, and would never be.
    if (closed) {
      socket.destroy();
      return;
    }
    const session = serve(overSocket(socket), dispatch, () => sessions.delete(socket));
    sessions.set(socket, session);
  }
}

/** A server, and the file of its socket. */
interface Bound {
  readonly server: Server;
  readonly file: Stats;
}

/** Listens on the socket, in a directory that is made first. See `openSocket`. */
async function bind(
  paths: Pick<Paths, "socket" | "socketDirectory">,
  accept: (socket: Socket) => void,
): Promise<Bound> {
  await prepareDirectory(paths.socketDirectory);
  await removeStale(paths.socket);
  const server = createServer(accept);
  server.maxConnections = limits.apiConnections;
  await listen(server, paths.socket);
  // A connection that the system cannot accept, such as without a free file descriptor, is lost.
  server.on("error", () => undefined);
  await chmod(paths.socket, 0o600);
  return { server, file: await lstat(paths.socket) };
}

/**
 * Whether a node could listen on `paths.socket`; prepares its directory as a start does. Throws
 * `socket-unsafe`, `listen-failed`.
 */
export async function checkSocketPath(
  paths: Pick<Paths, "socket" | "socketDirectory">,
): Promise<void> {
  await prepareDirectory(paths.socketDirectory);
  await isSocket(paths.socket);
}

/** How long clients have to read what was sent to them, ms. */
const CLOSE_GRACE = 500;

async function prepareDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new SottoError("listen-failed", `Cannot create the directory ${directory}.`, { cause });
  }
  const [facts, parent] = [await factsOf(directory), await factsOf(dirname(directory))];
  requireSafeDirectory(directory, facts, parent, process.getuid?.() ?? 0);
}

async function factsOf(path: string): Promise<DirectoryFacts> {
  const isLink = (await lstat(path)).isSymbolicLink();
  const { uid, mode } = await stat(path);
  return { uid, mode, isLink };
}

/** Removes the socket of a killed node; not one on which a node answers. */
async function removeStale(path: string): Promise<void> {
  if (!(await isSocket(path))) return;
  if (await answers(path))
    throw new SottoError("node-already-running", `A node already listens on ${path}.`);
  await unlink(path);
}

async function isDeleted(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return hasCode(error, "ENOENT", "ENOTDIR");
  }
}

/** Whether a socket exists. Throws `listen-failed` for another kind of file. */
async function isSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isSocket()) return found !== undefined;
  throw new SottoError("listen-failed", `${path} exists and is not a socket.`);
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
    // Sets the mode from the start: bind happens inside this call.
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}

function overSocket(socket: Socket): ServerConnection {
  const splitter = lineSplitter(limits.rpcBytes);
  socket.setEncoding("utf8");
  // An error is followed by `close`.
  socket.on("error", () => undefined);
  return {
    send: (line) => !socket.writable || socket.write(`${line}\n`),
    backlog: () => socket.writableLength,
    onLine(take) {
      socket.on("data", (chunk: string) => {
        for (const line of splitter.push(chunk)) take(line);
      });
    },
    onDrain: (drained) => void socket.on("drain", drained),
    onClose: (closed) => void socket.once("close", closed),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close() {
      socket.end();
      // A client that does not read, or close its side, must not hold the connection.
      const timer = setTimeout(() => socket.destroy(), CLOSE_GRACE);
      socket.once("close", () => clearTimeout(timer));
    },
    destroy: () => void socket.destroy(),
  };
}
