/**
 * A process of the bench `reach`, in a namespace of its own: hosts of a DHT that know each other,
 * or users who add a contact.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { multiaddr } from "@multiformats/multiaddr";
import { applyPolyfill } from "../../src/node/create.ts";
import {
  createHost,
  listen as listenOn,
  nodeConnectionLimits,
} from "../../src/node/host/libp2p-host.ts";
import { createBootstrapNode } from "../../src/node/index.ts";
import { defaultTuning } from "../../src/node/model/config.ts";
import type { Host } from "../../src/node/model/host.ts";
import { systemClock } from "../../src/node/util/deadline.ts";
import { silent } from "../../src/ports/index.ts";
import { User } from "../../test/e2e/user.ts";
import { validator } from "../../test/node/support.ts";

export type Order =
  /** Answers with their addresses: of two bootstrap hosts first. */
  | { readonly kind: "hosts"; readonly count: number; readonly ip: string }
  /** One more user takes an invite; answers with ms from `add` to paired. */
  | {
      readonly kind: "user";
      readonly ip: string;
      readonly link: string;
      readonly bootstrap: readonly string[];
    }
  /** So many of the users go. */
  | { readonly kind: "leave"; readonly count: number };

const tuning = { ...defaultTuning, inboundPerSecondPerIp: Number.POSITIVE_INFINITY };
const users: User[] = [];
const PATIENCE = 120_000;

async function hosts(count: number, ip: string): Promise<string[]> {
  const listen = [`/ip4/${ip}/tcp/0`];
  const common = {
    listen,
    announce: [],
    privateWan: false,
    validator: validator(),
    tuning,
    log: silent,
  };
  const doors: string[] = [];
  for (let i = 0; i < 2; i++)
    doors.push((await createBootstrapNode(common)).addresses()[0] as string);
  const servers: Host[] = [];
  for (let i = 2; i < count; i++) {
    const assembly = {
      ...common,
      privateKey: await generateKeyPair("Ed25519"),
      wanServer: true,
      connectionLimits: nodeConnectionLimits,
      clock: systemClock,
    };
    const { host } = await createHost(assembly);
    await listenOn(host, assembly);
    // All are one neighbour here, whose pending connections are bounded: who is refused comes
    // again.
    while (host.getPeers().length < doors.length)
      for (const door of doors) await host.dial(multiaddr(door)).catch(() => sleep(50));
    servers.push(host);
  }
  // Tables fill by lookups, which the library makes every five minutes.
  for (let round = 0; round < 3; round++)
    for (const { services } of servers) {
      const key = crypto.getRandomValues(new Uint8Array(32));
      const signal = AbortSignal.timeout(30_000);
      for await (const _event of services.wan.getClosestPeers(key, { signal }));
    }
  const least = Math.min(...servers.map(({ services }) => services.wan.routingTable.size));
  if (least < count / 3) throw new Error(`a host of the DHT knows ${least} others only`);
  return [...doors, ...servers.map((host) => String(host.getMultiaddrs()[0]))];
}

async function take(link: string, ip: string, bootstrap: readonly string[]): Promise<number> {
  const name = `p${users.length}`;
  const user = await User.make(name, { listen: [`/ip4/${ip}/tcp/0`], bootstrap });
  users.push(user);
  const started = performance.now();
  await user.messenger.add(link);
  const paired = (): boolean =>
    user.messenger.contacts().some(({ pairing }) => pairing === "confirmed");
  while (!paired()) {
    if (performance.now() - started > PATIENCE) throw new Error(`${name} found nobody`);
    await sleep(5);
  }
  return performance.now() - started;
}

async function work(order: Order): Promise<unknown> {
  switch (order.kind) {
    case "hosts":
      return hosts(order.count, order.ip);
    case "user":
      return take(order.link, order.ip, order.bootstrap);
    case "leave":
      for (const user of users.splice(0, order.count)) await user.end();
      return undefined;
  }
}

applyPolyfill();
process.on("disconnect", () => {
  void Promise.all(users.map((user) => user.end())).finally(() => process.exit());
});
process.on("unhandledRejection", () => undefined);
process.on("message", (order: Order) => {
  work(order).then(
    (value) => process.send?.({ value }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
