/**
 * Started by a test in a network namespace of its own: two nodes on a link that has IPv6 alone, and
 * of that link-local addresses alone.
 */
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { hostname, networkInterfaces } from "node:os";
import { connect, createLab, until } from "../support.ts";

const ip = (...args: readonly string[]): unknown => execFileSync("ip", args);
ip("addr", "del", "127.0.0.1/8", "dev", "lo");
ip("link", "add", "near", "type", "veth", "peer", "name", "far");
for (const end of ["near", "far"]) ip("link", "set", end, "up");
const linked = (): boolean =>
  ["near", "far"].every((end) =>
    networkInterfaces()[end]?.some(({ address }) => address.startsWith("fe80:")),
  );
// An address of a link is tried out before it is used.
await until(linked);

/** Every datagram that goes to the group. */
const heard: Buffer[] = [];
const ear = createSocket({ type: "udp6", reuseAddr: true });
ear.on("message", (datagram) => heard.push(datagram));
await new Promise<void>((resolve) => ear.bind(5353, resolve));
ear.addMembership("ff02::fb", "::%near");

const lab = createLab();
const listen = ["/ip6/::/tcp/0"];
const [a, b] = [await lab.node({ mdns: true, listen }), await lab.node({ mdns: true, listen })];
await until(() => a.status().lanDht === 1 && b.status().lanDht === 1);
const [ours] = await connect(a, b);
const text = Buffer.concat(heard).toString("latin1");
console.log(
  JSON.stringify({
    found: a.peers().some(({ host }) => host === b.transport.host),
    linked: ours.remoteAddress.startsWith("/ip6/fe80:"),
    told: [...a.transport.addresses(), ...b.transport.addresses()].every((address) =>
      address.startsWith("/ip6/fe80:"),
    ),
    zones: /%|ip6zone/.test(text),
    hostName: text.includes(hostname()),
  }),
);
ear.close();
await lab.clear();
