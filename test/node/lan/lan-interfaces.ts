/**
 * Started by a test in its own network namespace: a node on a machine with as many network cards as
 * the kernel permits memberships for a socket, two more, and a bridge of containers.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createLab, until } from "../support.ts";

const ip = (...args: readonly string[]): unknown =>
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });

const limit = Number(readFileSync("/proc/sys/net/ipv4/igmp_max_memberships", "utf8"));
const pairs = ["docker0", ...Array.from({ length: limit + 2 }, (_, number) => `card${number}`)];
for (const [number, name] of pairs.entries()) {
  ip("link", "add", name, "type", "veth", "peer", "name", `veth${number}`);
  ip("addr", "add", `10.9.${number}.1/24`, "dev", name);
  for (const end of [name, `veth${number}`]) ip("link", "set", end, "up");
}

/** The interfaces on which a program of this machine is a member of the mDNS group. */
function members(): string[] {
  let name = "";
  return readFileSync("/proc/net/igmp", "utf8")
    .split("\n")
    .flatMap((line) => {
      name = /^\d+\s+(\S+)/.exec(line)?.[1] ?? name;
      return /^\s+FB0000E0/.test(line) ? [name] : [];
    });
}

/** The sockets on port 5353. */
const sockets = (file: string): number => readFileSync(file, "utf8").split(":14E9 ").length - 1;

const logged: string[] = [];
const lab = createLab();
const listen = ["/ip4/0.0.0.0/tcp/0"];
const node = await lab.node({ mdns: true, listen, log: (event) => void logged.push(event) });
await until(() => members().length >= limit && sockets("/proc/net/udp6") > 0);
console.log(
  JSON.stringify({
    sockets: [sockets("/proc/net/udp"), sockets("/proc/net/udp6")],
    bridges: members().filter((name) => !name.startsWith("card")),
    served: members().length - limit,
    refused: node.status().mdnsRefused.length,
    towards: node.transport.addresses("any", "/ip4/10.9.9.77/tcp/1")[0]?.split("/tcp/", 1).join(),
    bridgeAt: node.transport.addresses().findIndex((text) => text.startsWith("/ip4/10.9.0.1/")),
    logged: logged.filter((event) => event === "lan.membership-refused").length,
  }),
);
await lab.clear();
