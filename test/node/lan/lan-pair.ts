/**
 * Started by a test in its own network namespace: two nodes that know each other only by the LAN.
 */
import { createSocket } from "node:dgram";
import { hostname } from "node:os";
import { createLab, until } from "../support.ts";

/** Every datagram sent to the mDNS group. */
const datagrams: Buffer[] = [];
const socket = createSocket({ type: "udp4", reuseAddr: true });
socket.on("message", (datagram) => datagrams.push(datagram));
await new Promise<void>((resolve) => socket.bind(5353, resolve));
socket.addMembership("224.0.0.251", "127.0.0.1");

const lab = createLab();
const [a, b] = [await lab.node({ mdns: true }), await lab.node({ mdns: true })];
await until(() => a.status().lanDht === 1 && b.status().lanDht === 1);
const text = Buffer.concat(datagrams).toString("latin1");
console.log(
  JSON.stringify({
    found: a.peers().some(({ host }) => host === b.transport.host),
    named: text.includes(a.transport.host) || text.includes(b.transport.host),
    hostName: text.includes(hostname()),
    mdns: a.status().mdns,
  }),
);
socket.close();
await lab.clear();
