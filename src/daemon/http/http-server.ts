/** An HTTP server that lets in some connections only, and that always closes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { limits } from "../../base/index.ts";

export interface HttpServer {
  readonly server: Server;
  /** Resolves once every connection is closed; clients have half a second to read the rest. */
  close(): Promise<void>;
}

/** How long clients have to read what was sent to them, ms. */
const CLOSE_GRACE = 500;

const FORBIDDEN = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** @param admits decides before anything of a connection is read; absent: all are let in. */
export function createHttpServer(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  admits?: (socket: Socket) => Promise<boolean>,
): HttpServer {
  const options = { headersTimeout: limits.stepTimeout, requestTimeout: limits.httpRequest };
  const server = createServer(options, serve);
  server.maxConnections = limits.apiConnections;
  const sockets = new Set<Socket>();
  let closing = false;
  /** Those of node:http, which begin to read. */
  const begin = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    // It waited in the queue of the system while the others were closed.
    if (closing) socket.destroy();
    else void admit(socket);
  });

  async function admit(socket: Socket): Promise<void> {
    const admitted = admits === undefined || (await admits(socket));
    if (closing || socket.destroyed) socket.destroy();
    else if (!admitted) socket.end(FORBIDDEN);
    else for (const listener of begin) listener.call(server, socket);
  }

  return {
    server,
    async close() {
      closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroySoon();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, CLOSE_GRACE);
      await closed;
      clearTimeout(timer);
    },
  };
}
