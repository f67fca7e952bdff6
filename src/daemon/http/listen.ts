/** Where the HTTP endpoint listens: a port of 127.0.0.1, and a unix socket in the home. */
import { chmod, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { hasCode, SottoError } from "../../base/index.ts";

/**
 * Listens on 127.0.0.1. Throws `port-in-use`, `listen-failed`.
 * @param port 0 for any.
 * @returns the port.
 */
export async function listenOnPort(server: Server, port: number): Promise<number> {
  try {
    await listening(server, () => server.listen({ port, host: "127.0.0.1" }));
  } catch (cause) {
    throw hasCode(cause, "EADDRINUSE")
      ? new SottoError("port-in-use", `Another program listens on port ${port}.`, { cause })
      : new SottoError("listen-failed", `Cannot listen on port ${port}.`, { cause });
  }
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

/**
 * Listens on a unix socket with mode 0600. A file of that name is of a node of this home that
 * ended, since one node at a time has the home. Throws `listen-failed`.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await listening(server, () => {
      // Sets the mode from the start: bind happens inside this call.
      const before = process.umask(0o177);
      try {
        server.listen(path);
      } finally {
        process.umask(before);
      }
    });
    await chmod(path, 0o600);
  } catch (cause) {
    throw new SottoError("listen-failed", `Cannot listen on ${path}.`, { cause });
  }
}

function listening(server: Server, begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      // A connection that the system cannot accept, such as without a free descriptor, is lost.
      server.on("error", () => undefined);
      resolve();
    });
    begin();
  });
}
