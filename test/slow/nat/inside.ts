/**
 * Runs in a namespace: bootstrap hosts, a node, or a user, as the test says over standard input.
 */
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type HostId, Unreachable } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { RecordValidator } from "../../../src/dht/index.ts";
import {
  type BootstrapNode,
  createBootstrapNode,
  createNode,
  type SottoNode,
} from "../../../src/node/index.ts";
import { type Channel, silent } from "../../../src/ports/index.ts";
import { User } from "../../e2e/user.ts";
import { openerOf, sealFor } from "../../node/nat/offers.ts";
import { type Router, rulesNow, startUpnpd } from "./upnpd.ts";

const crypto = nodeCrypto();
const tuning = { inboundPerSecondPerIp: Number.POSITIVE_INFINITY };
const common = {
  announce: [],
  privateWan: false,
  validator: new RecordValidator(crypto.verify, Date.now),
  log: silent,
  tuning,
};
let node: SottoNode | undefined;
let user: User | undefined;
let hosts: BootstrapNode[] = [];
let endRouter = async (): Promise<void> => undefined;

async function until(what: string, reached: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!reached()) {
    if (Date.now() > end) throw new Error(`timed out waiting for: ${what}`);
    await sleep(20);
  }
}

interface Command {
  readonly id: number;
  readonly do: string;
  readonly [name: string]: unknown;
}

const theNode = (): SottoNode => {
  if (node === undefined) throw new Error("no node runs here");
  return node;
};
const theUser = (): User => {
  if (user === undefined) throw new Error("no user is here");
  return user;
};

const actions: Record<string, (command: Command) => Promise<unknown>> = {
  async hosts({ listen }) {
    for (const address of listen as string[])
      hosts.push(await createBootstrapNode({ ...common, listen: [address] }));
    return hosts.flatMap((host) => host.addresses());
  },
  /** A node that has met its bootstrap hosts. */
  async node({ listen, bootstrap, portMapping }) {
    const started = await createNode({
      ...common,
      listen: listen as string[],
      bootstrap: bootstrap as string[],
      mdns: false,
      portMapping: portMapping === true,
    });
    node = started;
    started.transport.onOffer(openerOf(started.transport.host));
    // What arrives is given back, so that the other side knows that it was heard.
    started.transport.onChannel(async (channel: Channel) => {
      const frames = await channel.receive();
      if (frames.length > 0) await channel.send(frames).catch(() => undefined);
    });
    await until("bootstrap hosts", () =>
      started.status().bootstrap.every(({ state }) => state === "connected"),
    );
    // What a router does to IPv4 is known once two have seen us; an IPv6 node asks nobody.
    const four = (listen as string[]).some((address) => address.startsWith("/ip4/"));
    await until("a word on the router", () => !four || started.status().nat.kind !== "unknown");
    await sleep(100);
    return { host: started.transport.host, addresses: started.transport.addresses() };
  },
  async status() {
    return theNode().status();
  },
  /** Waits until others reach the node, and tells its addresses. */
  async reachable() {
    await until("others reach us", () => theNode().status().reach.verdict === "reachable");
    return theNode().transport.addresses();
  },
  /** A router that maps ports for any host that asks (NAT-PMP), and really does. */
  async mapPorts({ inside, outside, out }) {
    const nft = (text: string) => execFileSync("nft", ["-f", "-"], { input: text });
    nft(
      "table ip pmp { chain before { type nat hook prerouting priority -100; policy accept; }\n}\n",
    );
    const socket = createSocket("udp4");
    socket.on("message", (request, from) => {
      const head = [0, 128 + (request[1] ?? 0), 0, 0, 0, 0, 0, 1];
      if (request[1] === 0) {
        const ip = (outside as string).split(".").map(Number);
        return socket.send(Uint8Array.of(...head, ...ip), from.port, from.address);
      }
      const port = request.readUInt16BE(4);
      nft("flush chain ip pmp before");
      if (request.readUInt32BE(8) > 0)
        nft(
          `add rule ip pmp before iifname "${out}" tcp dport ${port} dnat to ${from.address}:${port}`,
        );
      const answer = [...head, ...request.subarray(4, 6), ...request.subarray(4, 6)];
      socket.send(Uint8Array.of(...answer, ...request.subarray(8, 12)), from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(5351, inside as string, resolve));
    endRouter = () => new Promise((resolve) => socket.close(resolve));
  },
  /** A real router that speaks UPnP, in the place of an earlier one. */
  async upnp({ router }) {
    await endRouter();
    endRouter = await startUpnpd(router as Router);
  },
  async upnpRules() {
    return rulesNow();
  },
  /** Waits until the router has said something to us. */
  async portMap() {
    await until("a word on a port", () => theNode().status().nat.portMap.state !== "none");
    return theNode().status().nat.portMap;
  },
  async peers() {
    return theNode()
      .peers()
      .map(({ host }) => host);
  },
  /** Opens a channel and lets words go there and back. */
  async dial({ host, addresses }) {
    const { transport } = theNode();
    const began = performance.now();
    try {
      const channel = await transport.dial(
        {
          host: host as HostId,
          addresses: addresses as string[],
          seal: sealFor(transport.host),
        },
        new AbortController().signal,
      );
      const ms = performance.now() - began;
      await channel.send([Uint8Array.of(1, 2, 3)]);
      const [echo] = await channel.receive();
      const { remoteAddress, ephemeral } = channel;
      await channel.close();
      return { ms, remoteAddress, ephemeral, echo: echo?.length };
    } catch (error) {
      const hole = error instanceof Unreachable ? error.hole : undefined;
      const said = error instanceof Error ? error.message : "?";
      return { ms: performance.now() - began, error: said, hole };
    }
  },
  async user({ name, bootstrap }) {
    user = await User.make(name as string, {
      bootstrap: bootstrap as string[],
      listen: ["/ip4/0.0.0.0/tcp/0"],
    });
  },
  async invite() {
    return (
      await theUser().messenger.createInvite({
        kind: "once",
        expiresIn: 86_400_000,
        hints: false,
      })
    ).link;
  },
  async add({ link }) {
    await theUser().messenger.add(link as string);
  },
  async paired({ who }) {
    await theUser().until("paired", () => theUser().confirmed(who as string));
  },
  async send({ who, text }) {
    const message = await theUser().messenger.send(who as string, text as string);
    await theUser().reaches(message, "delivered");
  },
  async texts({ who }) {
    return theUser().texts(who as string);
  },
  async links() {
    return theUser()
      .node.peers()
      .filter(({ protocols }) => protocols.includes("/sotto/link/1"))
      .map(({ address }) => address);
  },
  async stop() {
    await node?.stop();
    await user?.end();
    for (const host of hosts) await host.stop();
    await endRouter();
    [node, user, hosts, endRouter] = [undefined, undefined, [], async () => undefined];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  void (async () => {
    let reply: object;
    try {
      reply = { value: (await actions[command.do]?.(command)) ?? null };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : "failed" };
    }
    process.stdout.write(`${JSON.stringify({ id: command.id, ...reply })}\n`);
  })();
}
await endRouter();
process.exit(0);
