/**
 * Started by a test in its own network namespace: two machines on one LAN, each with five bridges
 * of containers that came up before its LAN card. The second machine is a namespace of a child.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { limits } from "../../../src/base/index.ts";
import { createLab, incoming, noSignal, until } from "../support.ts";

const ip = (...args: readonly string[]): unknown =>
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });

/** A process in a namespace of its own, which ends with its standard input. */
async function namespace(): Promise<ReturnType<typeof spawn>> {
  const child = spawn("unshare", ["-n", "sh", "-c", "echo && cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

/** Docker's first bridge and four of networks that a user created, each with one container. */
async function addBridges(): Promise<void> {
  const containers = await namespace();
  const names = ["docker0", ...[1, 2, 3, 4].map((number) => `br-0123456789a${number}`)];
  for (const [number, name] of names.entries()) {
    const port = `veth00000${number}`;
    ip("link", "add", name, "type", "bridge");
    ip(
      "link",
      "add",
      port,
      "type",
      "veth",
      "peer",
      "name",
      `eth${number}`,
      "netns",
      `${containers.pid}`,
    );
    ip("link", "set", port, "master", name, "up");
    execFileSync("nsenter", [
      "-t",
      `${containers.pid}`,
      "-n",
      "ip",
      "link",
      "set",
      `eth${number}`,
      "up",
    ]);
    ip("addr", "add", `172.${17 + number}.0.1/16`, "dev", name);
    ip("link", "set", name, "up");
  }
}

function addCard(number: number): void {
  ip("addr", "add", `192.168.7.${number}/24`, "dev", "eth0");
  ip("link", "set", "eth0", "addrgenmode", "none", "up");
}

const lab = createLab();
const listen = ["/ip4/0.0.0.0/tcp/0"];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

if (process.argv[2] === "second") {
  ip("link", "set", "lo", "up");
  await addBridges();
  console.log("ready");
  await lines.next();
  addCard(2);
  const node = await lab.node({ mdns: true, listen });
  const taken = incoming(node);
  await until(() => node.status().lanDht === 1);
  // What a record contains.
  console.log(
    JSON.stringify({
      host: node.transport.host,
      addresses: node.transport.addresses().slice(0, limits.recordAddresses),
    }),
  );
  await taken;
  await lines.next();
} else {
  await addBridges();
  const args = ["-n", process.execPath, "--import", "tsx", import.meta.filename, "second"];
  const second = spawn("unshare", args, { stdio: ["pipe", "pipe", "inherit"] });
  const said = createInterface({ input: second.stdout })[Symbol.asyncIterator]();
  const tell = (): unknown => second.stdin.write("\n");
  await said.next();
  ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", `${second.pid}`);
  addCard(1);
  tell();
  const node = await lab.node({ mdns: true, listen });
  await until(() => node.status().lanDht === 1);
  const { value } = await said.next();
  const record = JSON.parse(value);
  const found = node.peers().find(({ host }) => host === record.host);
  const channel = await node.transport.dial({ addresses: record.addresses }, noSignal());
  console.log(
    JSON.stringify({
      found: found?.address.split("/tcp/", 1).join(""),
      reached: channel.remote === record.host,
      through: channel.remoteAddress.split("/tcp/", 1).join(""),
      first: record.addresses[0].split("/tcp/", 1).join(""),
    }),
  );
  tell();
  second.stdin.end();
  await once(second, "exit");
}
await lab.clear();
process.exit(0);
