/**
 * Started by a test in its own network namespace: two nodes on a link that has only link-local IPv6
 * addresses.
 */
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { hostname, networkInterfaces } from "node:os";
import { connect, createLab, until } from "../support.ts";

const ip = (...args: readonly string[]): unknown => execFileSync("ip", args);
ip("addr", "del", "127.0.0.1/8", "dev", "lo");
ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
for (const name of ["veth0", "veth1"]) ip("link", "set", name, "up");
const linked = (): boolean =>
  ["veth0", "veth1"].every((name) =>
    networkInterfaces()[name]?.some(({ address }) => address.startsWith("fe80:")),
  );
// Duplicate address detection comes first.
await until(linked);

/** Every datagram sent to the mDNS group. */
const datagrams: Buffer[] = [];
const socket = createSocket({ type: "udp6", reuseAddr: true });
socket.on("message", (datagram) => datagrams.push(datagram));
await new Promise<void>((resolve) => socket.bind(5353, resolve));
socket.addMembership("ff02::fb", "::%veth0");

const lab = createLab();
const listen = ["/ip6/::/tcp/0"];
const [a, b] = [await lab.node({ mdns: true, listen }), await lab.node({ mdns: true, listen })];
await until(() => a.status().lanDht === 1 && b.status().lanDht === 1);
const [ours] = await connect(a, b);
const text = Buffer.concat(datagrams).toString("latin1");
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
socket.close();
await lab.clear();
