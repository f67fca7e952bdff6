/**
 * Started by a test in its own network namespace: two private meshes and a public one, two nodes
 * each, on one LAN.
 */
import { createLab, until } from "../support.ts";

const lab = createLab();
const networks = [1, 1, 2, 2, undefined, undefined].map((fill) =>
  fill === undefined
    ? {}
    : { network: { prologue: new Uint8Array(32).fill(fill), service: `_stest${fill}` } },
);
const nodes = await Promise.all(networks.map((network) => lab.node({ mdns: true, ...network })));
await until(() => nodes.every((node) => node.status().lanDht === 1));
// By now a node that found others has dialed them, and again.
await new Promise((resolve) => setTimeout(resolve, 2_000));
const numbers = new Map(nodes.map((node, number) => [node.transport.host as string, number]));
const mates = nodes.map((node) => [
  ...new Set(node.peers().map(({ host }) => numbers.get(host) ?? host)),
]);
console.log(JSON.stringify(mates));
await lab.clear();
