/**
 * A mesh of honest servers of the DHTs, and hosts whose PeerIds are made so that they are nearest
 * to one tag.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { Record as Kept } from "@libp2p/kad-dht";
import { concat, equal, toHex } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import type { RecordValidator } from "../../../src/dht/index.ts";
import type { BoundedDatastore } from "../../../src/node/dht/bounded-datastore.ts";
import { keyOf, tagOf } from "../../../src/node/dht/kademlia.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { AcceptAllValidator, type Lab, validator } from "../../node/support.ts";

const crypto = nodeCrypto();
const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

/** How far a place of Kademlia is from a key, as text that sorts. */
const distance = (place: Uint8Array, key: Uint8Array): string => {
  const at = sha256(key);
  return toHex(sha256(place).map((byte, i) => byte ^ (at[i] ?? 0)));
};
/**
 * A PeerId of Ed25519 as Kademlia hashes it: an identity multihash of the key's Protocol Buffers.
 */
const peerBytes = (key: Uint8Array): Uint8Array => concat(Uint8Array.of(0, 36, 8, 1, 18, 32), key);
const idOf = ({ peerId }: Host): Uint8Array => peerId.toMultihash().bytes;
const seedOf = (name: string): Uint8Array => sha256(new TextEncoder().encode(name));

interface Message {
  readonly type: string;
  readonly key?: Uint8Array;
  readonly clusterLevel?: number;
}
interface Answer {
  readonly closer?: readonly { readonly id: Uint8Array }[];
}
type Handler = (peer: { toString(): string }, message: Message) => Promise<Answer>;

/** From now on what is made of `before` answers the questions to both DHTs of a host. */
function answering(host: Host, instead: (before: Handler) => Handler): void {
  for (const dht of [host.services.lan, host.services.wan]) {
    const { rpc } = dht as unknown as { readonly rpc: { handleMessage: Handler } };
    rpc.handleMessage = instead(rpc.handleMessage.bind(rpc));
  }
}

const isRecord = (key: { toString(): string }): boolean => key.toString().startsWith("/dht-");

/** From now on it looks for nobody by itself: it only waits to be asked. */
function quiet(host: Host): void {
  for (const dht of [host.services.lan, host.services.wan]) {
    const inside = dht as unknown as Record<"querySelf" | "routingTableRefresh", { stop(): void }>;
    inside.querySelf.stop();
    inside.routingTableRefresh.stop();
  }
}

/**
 * How the attackers answer who asks for the tag, one with this record and the next with that;
 * whatever is put they take with thanks and throw away.
 */
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
  readonly #stores: BoundedDatastore[] = [];
  /** Tags of the records that honest hosts were given, by who gave them. */
  readonly #puts = new Map<string, Uint8Array[]>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** One more host, started, with the PeerId of this seed. */
  async host(seed: Uint8Array, server: boolean, judge: RecordValidator): Promise<Host> {
    const { host, datastore } = await this.#lab.host({
      privateKey: await generateKeyPairFromSeed("Ed25519", seed),
      wanServer: server,
      validator: judge,
    });
    this.#stores.push(datastore);
    return host;
  }

  /**
   * All are one neighbour here, whose pending connections are bounded: who is refused comes again.
   */
  async join(host: Host, doors: readonly Host[]): Promise<void> {
    for (const door of doors)
      while (host.getConnections(door.peerId).length === 0)
        await host.dial(door.getMultiaddrs()).catch(() => sleep(50));
  }

  async addHonest(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const host = await this.host(seedOf(`honest ${i}`), true, validator());
      answering(host, (before) => async (peer, message) => {
        const tag = message.key && tagOf(Uint8Array.from(message.key));
        if (message.type === "PUT_VALUE" && tag) this.#note(peer.toString(), tag);
        return this.#asOfMany(await before(peer, message));
      });
      await this.join(host, this.honest.slice(0, 3));
      this.honest.push(host);
    }
    // Who joined late is not known to those before: all nodes meet all, as after some
    // lookups.
    for (const [i, host] of this.honest.entries()) await this.join(host, this.honest.slice(i + 1));
  }

  /**
   * In a mesh of thousands no node near a tag is the one that is searched for; in so small a mesh
   * no node may report clients.
   */
  #asOfMany(answer: Answer): Answer {
    if (answer.closer === undefined) return answer;
    const members = [...this.honest, ...this.attackers].map((host) => idOf(host));
    const closer = answer.closer.filter(({ id }) => members.some((member) => equal(member, id)));
    return { ...answer, closer };
  }

  #note(peer: string, tag: Uint8Array): void {
    const tags = this.#puts.get(peer) ?? [];
    if (!tags.some((each) => equal(each, tag))) this.#puts.set(peer, [...tags, tag]);
  }

  /** The tags under which a host gave records to honest ones, in the order of the first time. */
  putsBy(peer: string): readonly Uint8Array[] {
    return this.#puts.get(peer) ?? [];
  }

  /** All records are gone, as when those of before have grown too old. */
  forget(): void {
    for (const store of this.#stores)
      for (const key of store.queryKeys({ filters: [isRecord] })) store.delete(key);
  }

  /**
   * Attackers join whose PeerIds are all nearer to the tag than every honest one. @return keys that
   * were tried.
   */
  async eclipse(tag: Uint8Array, count: number): Promise<number> {
    const key = keyOf(tag);
    const nearest = this.honest.map((host) => distance(idOf(host), key)).sort()[0] as string;
    const begun = this.attackers.length;
    let tried = 0;
    while (this.attackers.length < begun + count) {
      const seed = seedOf(`attacker of ${toHex(tag)} ${tried++}`);
      if (distance(peerBytes(crypto.signingFromSeed(seed).public), key) >= nearest) continue;
      const host = await this.host(seed, true, new AcceptAllValidator());
      answering(host, () => (_peer, message) => this.#answer(message, tag));
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

  async #answer(message: Message, tag: Uint8Array): Promise<Answer> {
    this.asked++;
    const { type, key = new Uint8Array(), clusterLevel } = message;
    if (type === "PUT_VALUE" || type === "PING") return message as Answer;
    const closer = this.attackers
      .map((host) => ({ host, far: distance(idOf(host), key) }))
      .sort((a, b) => (a.far < b.far ? -1 : 1))
      .slice(0, 20)
      .map(({ host }) => ({
        id: idOf(host),
        multiaddrs: host.getMultiaddrs().map(({ bytes }) => bytes),
      }));
    const about = type === "GET_VALUE" && toHex(key) === toHex(keyOf(tag));
    const bytes =
      about && this.lie.kind === "records" && this.lie.all[this.asked % this.lie.all.length];
    const record = bytes ? { record: new Kept(key, bytes, new Date()).serialize() } : {};
    const answer = { type, key, clusterLevel, closer, providers: [], ...record };
    return answer;
  }
}
