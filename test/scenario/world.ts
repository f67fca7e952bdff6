/** Whole messengers on a simulated network, with seeded chance and simulated time. */
import assert from "node:assert/strict";
import { nodeCrypto } from "../../src/crypto/index.ts";
import {
  type ContactView,
  createAccount,
  createMessenger,
  type MessageView,
  type Messenger,
  type MessengerEvent,
} from "../../src/messenger/index.ts";
import { silent } from "../../src/ports/index.ts";
import { type MemoryStore, memoryStore } from "../../src/store/index.ts";
import { seeded } from "./chance.ts";
import { patience, type SimHost, SimNetwork } from "./network.ts";
import { SimTime } from "./time.ts";

const DAY = 86_400_000;

/** One person's node, which can be stopped, killed, and started again on the same disk. */
export class SimNode {
  readonly name: string;
  readonly world: World;
  readonly skew: number;
  readonly events: MessengerEvent[] = [];
  store: MemoryStore;
  messenger!: Messenger;
  host!: SimHost;

  constructor(world: World, name: string, skew: number) {
    this.world = world;
    this.name = name;
    this.skew = skew;
    this.store = memoryStore();
  }

  get crypto() {
    return this.world.crypto;
  }

  async start(): Promise<void> {
    this.host = this.world.network.host();
    this.messenger = await createMessenger({
      crypto: this.crypto,
      store: this.store,
      transport: this.host,
      rendezvous: this.host,
      clock: this.world.time.clock(this.skew),
      log: silent,
    });
    this.messenger.subscribe((event) => this.events.push(event));
    this.messenger.start();
  }

  async stop(): Promise<void> {
    const { messenger, host } = this;
    await messenger.stop();
    host.down();
  }

  /** The process dies now: what is on the disk stays, everything else is gone. */
  kill(): void {
    const disk = this.store.fork();
    this.host.down();
    // The dead messenger's later writes go to a disk that nobody reads any more.
    void this.messenger.stop().catch(() => undefined);
    this.store = disk;
  }

  async restart(): Promise<void> {
    this.kill();
    await this.world.time.pass(1000);
    await this.start();
  }

  contact(who: string): ContactView {
    return this.messenger.contact(who);
  }

  /** The texts of a conversation with their states, oldest first. */
  async texts(who: string): Promise<string[]> {
    const page = await this.messenger.history(who, { limit: 10_000 });
    return page.map(({ direction, text }) => `${direction}: ${text}`);
  }

  async states(who: string): Promise<string[]> {
    const page = await this.messenger.history(who, { limit: 10_000 });
    return page.filter(({ direction }) => direction === "out").map(({ state }) => state);
  }

  shown(): MessageView[] {
    return this.events.flatMap((event) =>
      event.type === "message.new" && event.message.direction === "in" ? [event.message] : [],
    );
  }
}

export class World {
  readonly time = new SimTime();
  readonly network: SimNetwork;
  readonly crypto;
  readonly nodes: SimNode[] = [];

  constructor(seed = 1) {
    const chance = seeded(seed);
    this.network = new SimNetwork(this.time, chance);
    this.crypto = nodeCrypto(chance.bytes);
  }

  async node(name: string, skew = 0): Promise<SimNode> {
    const node = new SimNode(this, name, skew);
    await createAccount(
      { crypto: this.crypto, store: node.store, clock: this.time.clock(skew) },
      { name },
    );
    await node.start();
    this.nodes.push(node);
    return node;
  }

  /** Runs until `reached`; fails the test with `what` if it never comes. */
  async until(what: string, reached: () => boolean, limit = patience): Promise<void> {
    assert.ok(await this.time.run(reached, limit), `never came: ${what}`);
  }

  /** Runs until the message has the state. */
  async reaches(node: SimNode, message: MessageView, state: MessageView["state"]): Promise<void> {
    await this.until(`${node.name}'s message is ${state}`, () =>
      node.events.some(
        (event) =>
          event.type === "message.state" &&
          event.message.id === message.id &&
          event.message.state === state,
      ),
    );
  }

  /** Pairs two nodes by a one-use invite of the first. */
  async pair(inviter: SimNode, invitee: SimNode): Promise<void> {
    const invite = await inviter.messenger.createInvite({
      kind: "once",
      expiresIn: DAY,
      hints: false,
    });
    await invitee.messenger.add(invite.link, { as: inviter.name });
    await this.paired(inviter, invitee);
  }

  async paired(inviter: SimNode, invitee: SimNode): Promise<void> {
    await this.until(
      "both are paired",
      () => confirmed(inviter, invitee) && confirmed(invitee, inviter),
    );
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
  }
}

/** Whether `node` knows `other` as a confirmed contact. */
export function confirmed(node: SimNode, other: SimNode): boolean {
  const { account } = other.messenger.self();
  return node.messenger
    .contacts()
    .some((contact) => contact.account === account && contact.pairing === "confirmed");
}
