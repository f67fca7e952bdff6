/** The way to a running node: its unix socket as a `Connection`. */
import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { type Connection, lineSplitter, tooLong } from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";

/**
 * Connects to the node that listens at `path`.
 * Throws `node-not-running` where nobody listens, or where the socket belongs to somebody else.
 */
export function connectTo(path: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) =>
      reject(new SottoError("node-not-running", why, { cause }));
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
    if (owner === undefined) return refuse("No node is running here.");
    // In a directory that others may write to, somebody could listen in the node's place.
    if (owner !== process.getuid?.()) return refuse("The socket belongs to another user.");
    const socket = connect(path);
    socket.once("connect", () => resolve(overSocket(socket)));
    socket.once("error", (cause) => refuse("No node is running here.", cause));
  });
}

function overSocket(socket: Socket): Connection {
  // An answer may hold as much as a request, and the frame around it.
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
