/**
 * Started by a test: runs a node with the public DHT on or off, as the argument says, and asks for
 * something there.
 */
import { createLab, noSignal } from "../support.ts";

const lab = createLab();
const node = await lab.node({
  publicDht: process.argv[2] === "on",
  publicBootstrap: [
    "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8",
  ],
});
await node.publicRendezvous.publish(new Uint8Array(32), noSignal());
await lab.clear();
