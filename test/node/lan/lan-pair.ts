/**
 * Started by a test in a network namespace of its own: two nodes that know nothing of each other
 * but the LAN.
 */
import { createSocket } from "node:dgram";
import { hostname } from "node:os";
import { createLab, until } from "../support.ts";

/** Every datagram that goes to the mDNS group. */
const heard: Buffer[] = [];
const ear = createSocket({ type: "udp4", reuseAddr: true });
ear.on("message", (datagram) => heard.push(datagram));
await new Promise<void>((resolve) => ear.bind(5353, resolve));
ear.addMembership("224.0.0.251", "127.0.0.1");

const lab = createLab();
const [a, b] = [await lab.node({ mdns: true }), await lab.node({ mdns: true })];
await until(() => a.status().lanDht === 1 && b.status().lanDht === 1);
const text = Buffer.concat(heard).toString("latin1");
console.log(
  JSON.stringify({
    found: a.peers().some(({ host }) => host === b.transport.host),
    named: text.includes(a.transport.host) || text.includes(b.transport.host),
    hostName: text.includes(hostname()),
    mdns: a.status().mdns,
  }),
);
ear.close();
await lab.clear();
