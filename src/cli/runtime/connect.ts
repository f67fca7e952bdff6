/** Connects to the unix socket of a running node. */
import { lstatSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { type Connection, lineSplitter, tooLong } from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";

/**
 * Connects to the node that listens at `path`.
 * Throws `node-not-running` if no node listens, or if the socket belongs to another user.
 */
export function connectTo(path: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) =>
      reject(new SottoError("node-not-running", why, { cause }));
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
    if (owner === undefined) return refuse("No node is running.");
    // In a directory that others can write to, another user could listen instead of the node.
    if (owner !== process.getuid?.()) return refuse("The socket belongs to another user.");
    const socket = connect(path);
    socket.once("connect", () => resolve(overSocket(socket)));
    socket.once("error", (cause) => refuse("No node is running.", cause));
  });
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
