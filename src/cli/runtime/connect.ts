/** Connects to the unix socket of a running node. */
import { lstatSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname } from "node:path";
import {
  type Connection,
  type DirectoryFacts,
  lineSplitter,
  requireSafeDirectory,
  tooLong,
} from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";

/**
 * Connects to the node that listens at `path`.
 * Throws `node-not-running` if no node listens, or if the socket belongs to another user, and
 * `socket-unsafe` if another user could replace it.
 */
export function connectTo(path: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) =>
      reject(new SottoError("node-not-running", why, { cause }));
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
    if (owner === undefined) return refuse("No node is running.");
    const directory = dirname(path);
    const uid = process.getuid?.() ?? 0;
    requireSafeDirectory(directory, factsOf(directory), factsOf(dirname(directory)), uid);
    // In a sticky directory another user could listen before the node.
    if (owner !== uid) return refuse("The socket belongs to another user.");
    const socket = connect(path);
    socket.once("connect", () => resolve(overSocket(socket)));
    socket.once("error", (cause) => refuse("No node is running.", cause));
  });
}

function factsOf(path: string): DirectoryFacts {
  const isLink = lstatSync(path).isSymbolicLink();
  const { uid, mode } = statSync(path);
  return { uid, mode, isLink };
}

function overSocket(socket: Socket): Connection {
  // A response may be as long as a request, plus its JSON-RPC frame.
  const splitter = lineSplitter(limits.rpcBytes + 4096);
  socket.setEncoding("utf8");
  socket.on("error", () => undefined);
  return {
    write(line) {
      socket.write(`${line}\n`);
    },
    onLine(take) {
      socket.on("data", (chunk: string) => {
        for (const line of splitter.push(chunk)) {
          if (line === tooLong) socket.destroy();
          else take(line);
        }
      });
    },
    onClose(closed) {
      socket.once("close", closed);
    },
    close() {
      socket.end();
      socket.unref();
    },
  };
}
