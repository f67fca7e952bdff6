/**
 * Started by a test: runs a node with the public DHT off, then turns it on, and prints which files
 * of src/node/public-dht the engine has loaded each time, as JSON.
 */
import { Session } from "node:inspector";
import { createLab, noSignal } from "../support.ts";

const loaded = new Set<string>();
const session = new Session();
session.connect();
session.on("Debugger.scriptParsed", ({ params }) => {
  const [, name] = /\/src\/node\/public-dht\/([\w-]+\.ts)$/.exec(params.url) ?? [];
  if (name !== undefined) loaded.add(name);
});
// Reports the scripts that are there already, too.
session.post("Debugger.enable");

const lab = createLab();
const node = await lab.node({
  publicDht: false,
  publicBootstrap: [
    "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8",
  ],
});
/** Asks for something there. */
const publish = () => node.publicRendezvous.publish(new Uint8Array(32), noSignal());
await publish();
const off = [...loaded].sort();
await node.setPublicDht(true);
await publish();
const on = [...loaded].sort();
await lab.clear();
console.log(JSON.stringify({ off, on }));
session.disconnect();
