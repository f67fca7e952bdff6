/** Raw TCP on loopback: the least that any link can cost. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { type Echo, Returning } from "./echo.ts";

export async function tcpEcho(): Promise<Echo> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    noDelay: true,
  });
  await once(socket, "connect");
  const returning = new Returning();
  socket.on("data", (chunk) => returning.arrived(chunk.length));
  return {
    async roundTrip(bytes) {
      const back = returning.expect(bytes.length);
      socket.write(bytes);
      await back;
    },
    async close() {
      socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
