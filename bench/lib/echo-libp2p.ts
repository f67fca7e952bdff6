/**
 * A bare libp2p stream over TCP, Noise and yamux on loopback: what Sotto's link adds to is this.
 */
import { noise } from "@chainsafe/libp2p-noise";
import type { Stream } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { type Echo, Returning } from "./echo.ts";

const PROTOCOL = "/bench/echo/1";

/** Load the polyfill of src/node before this on Node 20. */
export async function libp2pEcho(): Promise<Echo> {
  const { createLibp2p } = await import("libp2p");
  const host = () =>
    createLibp2p({
      addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
    });
  const [server, client] = await Promise.all([host(), host()]);
  await server.handle(PROTOCOL, (stream) => {
    stream.addEventListener("message", ({ data }) => {
      void write(stream, data.subarray()).catch(() => stream.abort(new Error("gone")));
    });
  });
  const stream = await client.dialProtocol(server.getMultiaddrs(), PROTOCOL);
  const returning = new Returning();
  stream.addEventListener("message", ({ data }) => returning.arrived(data.byteLength));
  return {
    async roundTrip(bytes) {
      const back = returning.expect(bytes.length);
      await write(stream, bytes);
      await back;
    },
    async close() {
      await Promise.all([client.stop(), server.stop()]);
    },
  };
}

async function write(stream: Stream, bytes: Uint8Array): Promise<void> {
  if (!stream.send(bytes)) await stream.onDrain();
}
