/** Whole messengers on a simulated network, with seeded chance and simulated time. */
import assert from "node:assert/strict";
import type { HostId } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import {
  type ContactView,
  createAccount,
  type MessageView,
  type Messenger,
  type MessengerEvent,
  type MessengerPorts,
} from "../../src/messenger/index.ts";
import { messengerOf } from "../../src/messenger/messenger.ts";
import { decodeRow, encodeRow, put, rowKey } from "../../src/messenger/model/rows.ts";
import { Runtime } from "../../src/messenger/runtime.ts";
import { type Log, type PublicRendezvous, type StoreOp, silent } from "../../src/ports/index.ts";
import { type MemoryOptions, type MemoryStore, memoryStore } from "../../src/store/index.ts";
import { decodeLinkFrame, type LinkFrame } from "../../src/wire/index.ts";
import { seeded } from "./chance.ts";
import type { SimHost } from "./host.ts";
import { KeyWatch } from "./keys.ts";
import { patience, SimNetwork } from "./network.ts";
import { never, Process } from "./process.ts";
import { SimTime } from "./time.ts";
import type { Watcher } from "./watcher.ts";

const DAY = 86_400_000;

const identity = rowKey("identity");

/** What the settings of a node say of what it keeps. */
export type NodeOptions = Pick<
  MessengerPorts,
  | "breathe"
  | "diskSpace"
  | "history"
  | "retention"
  | "lastSeen"
  | "invisible"
  | "allow"
  | "decoys"
  | "hosts"
  | "features"
> & {
  /** Absent: nothing is logged. */
  readonly log?: Log;
  /** The public rendezvous, as the host of a run sees it. */
  readonly publicRendezvous?: (host: SimHost) => PublicRendezvous;
};

/** One person's node, which can be stopped, killed, and started again on the same disk. */
export class SimNode {
  readonly name: string;
  readonly world: World;
  /** By how much its clock is off, ms. */
  skew: number;
  readonly events: MessengerEvent[] = [];
  store: MemoryStore;
  runtime!: Runtime;
  messenger!: Messenger;
  host!: SimHost;
  /**
   * Called at each commit of the process that runs now, which waits for it; a throw fails the
   * commit.
   */
  onCommit:
    | ((ops: readonly StoreOp[], moment: "before" | "after") => Promise<void> | void)
    | undefined;
  /** Called with each runtime before it starts. */
  onLoad: ((runtime: Runtime) => void) | undefined;
  /** Called at each event, at the very moment. */
  onEvent: ((event: MessengerEvent) => void) | undefined;
  alive = false;
  /** Reads its disk, and is not there yet. */
  starting = false;
  /** Where its hosts are: see `SimHost.group`. */
  group = 0;
  /** And on which local network, see `SimHost.lan`; whether behind a proxy. */
  lan: number | undefined;
  proxied = false;
  readonly options: NodeOptions;
  #process = new Process();

  constructor(world: World, name: string, skew: number, options: NodeOptions = {}) {
    this.options = options;
    this.world = world;
    this.name = name;
    this.skew = skew;
    this.store = memoryStore(this.#disk());
  }

  /** Options of a disk; the commits of a process that was killed are nobody's any more. */
  #disk(): MemoryOptions {
    const process = new Process();
    this.#process = process;
    return {
      onCommit: (ops, moment): Promise<void> | void => {
        if (process.dead) return never();
        if (moment === "after") this.world.watcher?.committed(this, ops);
        this.world.step(this, `commit ${moment}`);
        if (process.dead) return never();
        const delayed = this.onCommit?.(ops, moment);
        return process.dead ? never() : delayed;
      },
    };
  }

  get crypto() {
    return this.world.crypto;
  }

  async start(): Promise<void> {
    const { world } = this;
    const process = this.#process;
    this.starting = true;
    this.host = world.network.host();
    this.host.group = this.group;
    this.host.lan = this.lan;
    this.host.proxied = this.proxied;
    this.host.step = (what) => {
      if (!process.dead) world.step(this, what);
    };
    this.host.publishes = (tag) => {
      if (!process.dead) world.watcher?.publishes(this, tag);
    };
    world.homes.set(this.host.host, this);
    world.watcher?.opened(this);
    const clock = world.time.clock(() => this.skew);
    const { publicRendezvous, ...options } = this.options;
    this.runtime = await Runtime.load({
      crypto: this.crypto,
      store: process.store(this.store),
      transport: this.host,
      rendezvous: this.host,
      clock: process.clock(clock, () => world.step(this, "timer")),
      log: silent,
      ...options,
      ...(publicRendezvous && { publicRendezvous: publicRendezvous(this.host) }),
    });
    this.onLoad?.(this.runtime);
    const messenger = messengerOf(this.runtime);
    this.messenger = process.calls(messenger);
    this.starting = false;
    this.alive = true;
    this.messenger.subscribe((event) => {
      if (process.dead) return;
      this.events.push(event);
      this.world.watcher?.told(this, event);
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
    if (!this.alive && !this.starting) return;
    this.alive = false;
    this.starting = false;
    this.onCommit = undefined;
    this.#process.die();
    this.store = this.store.fork(this.#disk());
    this.host.down();
  }

  async restart(): Promise<void> {
    this.kill();
    await this.world.time.pass(1000);
    await this.start();
  }

  /** From its next start on it calls itself this, which a program of its own may make anything. */
  async callItself(name: string): Promise<void> {
    const bytes = await this.store.get(identity);
    assert.ok(bytes);
    await this.store.commit([put(identity, encodeRow({ ...decodeRow<object>(bytes), name }))]);
  }

  /** Starts again without its sessions, so that each contact sees a handshake with this name. */
  async renameTo(name: string): Promise<void> {
    this.kill();
    await this.callItself(name);
    const sessions = this.store.snapshot().filter(({ table }) => table === "session");
    await this.store.commit(sessions.map((key) => ({ kind: "delete" as const, key })));
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
  /** Whose host this is or was. */
  readonly homes = new Map<HostId, SimNode>();
  watcher: Watcher | undefined;
  /** Told of each thing that a node is about to do, or has just committed; it may kill the node. */
  onStep: ((node: SimNode, what: string) => void) | undefined;

  constructor(seed = 1) {
    this.chance = seeded(seed);
    this.network = new SimNetwork(this.time, this.chance);
    this.network.watch = (passed) => {
      this.keys.see(passed);
      const sender = this.homes.get(passed.from);
      if (sender !== undefined) this.watcher?.sends(sender, passed);
    };
    this.crypto = this.keys.over(nodeCrypto(this.chance.bytes));
  }

  step(node: SimNode, what: string): void {
    this.onStep?.(node, what);
  }

  /** @param profile what the node calls itself, if that is not a name that a user may choose. */
  async node(
    name: string,
    skew = 0,
    options: NodeOptions = {},
    profile?: string,
  ): Promise<SimNode> {
    const node = new SimNode(this, name, skew, options);
    await createAccount(
      { crypto: this.crypto, store: node.store, clock: this.time.clock(() => skew) },
      { name },
    );
    if (profile !== undefined) await node.callItself(profile);
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
