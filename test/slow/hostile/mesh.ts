/** A mesh of honest servers of the DHTs, and hosts whose PeerIds are made so that they are nearest to one tag. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { Record as Kept } from "@libp2p/kad-dht";
import { concat, toHex } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import type { RecordValidator } from "../../../src/dht/index.ts";
import { assemble, type Host, nodeBounds } from "../../../src/node/assemble.ts";
import { systemClock } from "../../../src/node/deadline.ts";
import { keyOf } from "../../../src/node/kademlia.ts";
import { defaultTuning } from "../../../src/node/tuning.ts";
import { Gullible, type Lab, LOOPBACK, validator } from "../../node/support.ts";

const crypto = nodeCrypto();
const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

/** How far a place of Kademlia is from a key, as text that sorts. */
const distance = (place: Uint8Array, key: Uint8Array): string => {
  const at = sha256(key);
  return toHex(sha256(place).map((byte, i) => byte ^ (at[i] ?? 0)));
};
/** A PeerId of Ed25519 as Kademlia hashes it: an identity multihash of the key's Protocol Buffers. */
const peerBytes = (key: Uint8Array): Uint8Array => concat(Uint8Array.of(0, 36, 8, 1, 18, 32), key);
const seedOf = (name: string): Uint8Array => sha256(new TextEncoder().encode(name));

interface Message {
  readonly type: string;
  readonly key?: Uint8Array;
  readonly clusterLevel?: number;
}
type Handler = (peer: { toString(): string }, message: Message) => Promise<unknown>;

/** From now on this answers the questions to both DHTs of a host. */
function answering(host: Host, answer: Handler): void {
  for (const dht of [host.services.lan, host.services.wan]) {
    const { rpc } = dht as unknown as { readonly rpc: { handleMessage: Handler } };
    rpc.handleMessage = answer;
  }
}

/** From now on it looks for nobody by itself: it only waits to be asked. */
function quiet(host: Host): void {
  for (const dht of [host.services.lan, host.services.wan]) {
    const inside = dht as unknown as Record<"querySelf" | "routingTableRefresh", { stop(): void }>;
    inside.querySelf.stop();
    inside.routingTableRefresh.stop();
  }
}

/** How the attackers answer who asks for the tag, one with this record and the next with that; whatever is put they take with thanks and throw away. */
export type Lie =
  | { readonly kind: "nothing" }
  | { readonly kind: "records"; readonly all: readonly Uint8Array[] };

export class Mesh {
  readonly honest: Host[] = [];
  readonly attackers: Host[] = [];
  /** Questions that an attacker answered. */
  asked = 0;
  lie: Lie = { kind: "nothing" };
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** One more host, started, with the PeerId of this seed. */
  async host(seed: Uint8Array, server: boolean, judge: RecordValidator): Promise<Host> {
    const { host } = await assemble({
      privateKey: await generateKeyPairFromSeed("Ed25519", seed),
      listen: LOOPBACK,
      announce: [],
      privateWan: true,
      wanServer: server,
      bounds: nodeBounds,
      validator: judge,
      clock: systemClock,
      tuning: { ...defaultTuning, inboundPerSecondPerIp: Number.POSITIVE_INFINITY },
    });
    this.#lab.later(() => host.stop());
    await host.start();
    return host;
  }

  /** All are one neighbour here, whose pending connections are bounded: who is refused comes again. */
  async join(host: Host, doors: readonly Host[]): Promise<void> {
    for (const door of doors)
      while (host.getConnections(door.peerId).length === 0)
        await host.dial(door.getMultiaddrs()).catch(() => sleep(50));
  }

  async addHonest(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const host = await this.host(seedOf(`honest ${i}`), true, validator());
      await this.join(host, this.honest.slice(0, 3));
      this.honest.push(host);
    }
    // Who joined late is not known to those before: everybody meets everybody, as after some lookups.
    for (const [i, host] of this.honest.entries()) await this.join(host, this.honest.slice(i + 1));
  }

  /** Attackers join whose PeerIds are all nearer to the tag than every honest one. @return keys that were tried. */
  async eclipse(tag: Uint8Array, count: number): Promise<number> {
    const key = keyOf(tag);
    const nearest = this.honest
      .map(({ peerId }) => distance(peerId.toMultihash().bytes, key))
      .sort()[0] as string;
    const begun = this.attackers.length;
    let tried = 0;
    while (this.attackers.length < begun + count) {
      const seed = seedOf(`attacker of ${toHex(tag)} ${tried++}`);
      if (distance(peerBytes(crypto.signingFromSeed(seed).public), key) >= nearest) continue;
      const host = await this.host(seed, true, new Gullible());
      answering(host, (_peer, message) => this.#answer(message, tag));
      quiet(host);
      this.attackers.push(host);
    }
    await Promise.all(
      this.attackers
        .slice(begun)
        .map((host, i) => this.join(host, [this.#honestAt(i), this.#honestAt(i + 9)])),
    );
    return tried;
  }

  #honestAt(index: number): Host {
    return this.honest[index % this.honest.length] as Host;
  }

  async #answer(message: Message, tag: Uint8Array): Promise<unknown> {
    this.asked++;
    const { type, key = new Uint8Array(), clusterLevel } = message;
    if (type === "PUT_VALUE" || type === "PING") return message;
    const closer = this.attackers
      .map((host) => ({ host, far: distance(host.peerId.toMultihash().bytes, key) }))
      .sort((a, b) => (a.far < b.far ? -1 : 1))
      .slice(0, 20)
      .map(({ host }) => ({
        id: host.peerId.toMultihash().bytes,
        multiaddrs: host.getMultiaddrs().map(({ bytes }) => bytes),
      }));
    const about = type === "GET_VALUE" && toHex(key) === toHex(keyOf(tag));
    const bytes =
      about && this.lie.kind === "records" && this.lie.all[this.asked % this.lie.all.length];
    const record = bytes ? { record: new Kept(key, bytes, new Date()).serialize() } : {};
    return { type, key, clusterLevel, closer, providers: [], ...record };
  }
}
