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
import type { StoreOp } from "../../src/ports/index.ts";
import { silent } from "../../src/ports/index.ts";
import { type MemoryOptions, type MemoryStore, memoryStore } from "../../src/store/index.ts";
import { decodeLinkFrame, type LinkFrame } from "../../src/wire/index.ts";
import { seeded } from "./chance.ts";
import { KeyWatch } from "./keys.ts";
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
  /** Called at each commit of the process that runs now; a throw fails the commit. */
  onCommit: ((ops: readonly StoreOp[], moment: "before" | "after") => void) | undefined;
  /** Called at each event, at the very moment. */
  onEvent: ((event: MessengerEvent) => void) | undefined;
  alive = false;
  #unsubscribe = (): void => undefined;
  #process = { dead: false };

  constructor(world: World, name: string, skew: number) {
    this.world = world;
    this.name = name;
    this.skew = skew;
    this.store = memoryStore(this.#disk());
  }

  /** Options of a disk; the commits of a process that was killed are nobody's any more. */
  #disk(): MemoryOptions {
    const process = { dead: false };
    this.#process = process;
    const live = (): void => {
      if (process.dead) throw new Error("killed");
    };
    return {
      onCommit: (ops, moment) => {
        live();
        this.onCommit?.(ops, moment);
        live();
      },
    };
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
    this.alive = true;
    this.#unsubscribe = this.messenger.subscribe((event) => {
      this.events.push(event);
      this.onEvent?.(event);
    });
    this.messenger.start();
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const { messenger, host } = this;
    await messenger.stop();
    this.alive = false;
    host.down();
  }

  /** Starts again on the disk of another time. */
  async startFrom(disk: MemoryStore): Promise<void> {
    this.store = disk.fork(this.#disk());
    await this.start();
  }

  /** The process dies now: what is on the disk stays, everything else is gone. */
  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#unsubscribe();
    this.#process.dead = true;
    const disk = this.store.fork(this.#disk());
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
  readonly chance;
  readonly keys = new KeyWatch();
  readonly nodes: SimNode[] = [];

  constructor(seed = 1) {
    this.chance = seeded(seed);
    this.network = new SimNetwork(this.time, this.chance);
    this.network.watch = (passed) => this.keys.see(passed);
    this.crypto = this.keys.over(nodeCrypto(this.chance.bytes));
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

  /** Frames of this type that went over the wire so far. */
  frames(type: LinkFrame["type"]): Uint8Array[] {
    return this.network.captured.flatMap(({ frame }) =>
      decodeLinkFrame(frame)?.type === type ? [frame] : [],
    );
  }

  /** Ends every node. No key may have been used twice on the way. */
  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    assert.deepEqual(this.keys.reused, [], "a message key was used for two messages");
  }
}

/** Whether `node` knows `other` as a confirmed contact. */
export function confirmed(node: SimNode, other: SimNode): boolean {
  const { account } = other.messenger.self();
  return node.messenger
    .contacts()
    .some((contact) => contact.account === account && contact.pairing === "confirmed");
}
