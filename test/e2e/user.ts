/**
 * A user's whole node in this process: real libp2p on loopback, real LevelDB in a directory of
 * its own.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { BootstrapNodes } from "../../src/daemon/node/bootstrap-nodes.ts";
import { connectSharedBootstraps } from "../../src/daemon/node/shared-bootstraps.ts";
import { systemClock } from "../../src/daemon/process/system-clock.ts";
import { RecordValidator } from "../../src/dht/index.ts";
import {
  createAccount,
  createMessenger,
  type MessageState,
  type MessageView,
  type Messenger,
  type MessengerEvent,
} from "../../src/messenger/index.ts";
import {
  type BootstrapNode,
  createBootstrapNode,
  createNode,
  type SottoNode,
  type Tuning,
} from "../../src/node/index.ts";
import { type SteadyClock, type Store, silent } from "../../src/ports/index.ts";
import { openStore } from "../../src/store/index.ts";

const crypto = nodeCrypto();
const PATIENCE = 15_000;
const DAY = 86_400_000;

const tuning = { inboundPerSecondPerIp: Number.POSITIVE_INFINITY };

/** Nobody waits for the next look at lists. */
const hasty = {
  ...systemClock,
  after: (ms: number, job: () => void) => systemClock.after(Math.min(ms, 50), job),
};

export interface UserOptions {
  readonly bootstrap?: readonly string[];
  /** Tells contacts of these hosts, and takes and asks theirs. */
  readonly share?: boolean;
  readonly mdns?: boolean;
  readonly listen?: readonly string[];
  /** What others are told instead of the address that we listen on. */
  readonly announce?: readonly string[];
  readonly tuning?: Partial<Tuning>;
  /** Absent: the system's. */
  readonly clock?: SteadyClock;
  /** Called after each commit, with its number since the start. */
  readonly onCommit?: (number: number) => void;
}

export class User {
  readonly name: string;
  readonly directory: string;
  readonly key = crypto.random(32);
  options: UserOptions;
  readonly events: MessengerEvent[] = [];
  store!: Store;
  node!: SottoNode;
  messenger!: Messenger;
  #endAsking = (): void => undefined;
  #waiting: (() => void)[] = [];
  #dead = false;

  private constructor(name: string, directory: string, options: UserOptions) {
    this.name = name;
    this.directory = directory;
    this.options = options;
  }

  static async make(name: string, options: UserOptions = {}): Promise<User> {
    const directory = await mkdtemp(join(tmpdir(), "sotto-e2e-"));
    const user = new User(name, directory, options);
    const store = await user.openStore();
    const { clock = systemClock } = options;
    await createAccount({ crypto, store, clock }, { name });
    await store.close();
    await user.start();
    return user;
  }

  /** The user's store; of one that does not run. */
  openStore(): Promise<Store> {
    return openStore({
      directory: join(this.directory, "store"),
      key: this.key,
      crypto,
      log: silent,
    });
  }

  async start(): Promise<void> {
    const { listen = ["/ip4/127.0.0.1/tcp/0"], bootstrap = [], mdns = false } = this.options;
    const { announce = [], clock = systemClock } = this.options;
    this.store = this.#watched(await this.openStore());
    this.node = await createNode({
      listen,
      announce,
      bootstrap,
      mdns,
      privateWan: false,
      validator: new RecordValidator(crypto.verify, () => clock.now()),
      log: silent,
      tuning: { ...tuning, ...this.options.tuning },
    });
    const own = new BootstrapNodes(this.node, { bootstrap, bootstrapInvited: [] });
    const hosts = { own: () => own.shared(), mayAsk: (text: string) => own.mayAsk(text) };
    this.messenger = await createMessenger({
      ...(this.options.share && { hosts }),
      crypto,
      store: this.store,
      transport: this.node.transport,
      rendezvous: this.node.rendezvous,
      clock,
      log: silent,
    });
    this.messenger.subscribe((event) => {
      this.events.push(event);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
    this.messenger.start();
    const { node, messenger } = this;
    if (this.options.share)
      this.#endAsking = connectSharedBootstraps({
        node,
        messenger,
        own,
        clock: hasty,
        log: silent,
      });
  }

  #watched(store: Store): Store {
    let commits = 0;
    return {
      get: (key) => store.get(key),
      list: (table, of, options) => store.list(table, of, options),
      all: (table) => store.all(table),
      commit: async (ops) => {
        if (this.#dead) throw new Error("the process is dead");
        await store.commit(ops);
        commits++;
        this.options.onCommit?.(commits);
      },
      shred: () => store.shred(),
      close: () => store.close(),
    };
  }

  /** Dies at once, as by kill -9: nothing more is written, every connection breaks. */
  async kill(): Promise<void> {
    if (this.#dead) return;
    this.#dead = true;
    await this.node.stop();
    await this.messenger.stop();
    await this.store.close();
    this.#dead = false;
  }

  async stop(): Promise<void> {
    this.#endAsking();
    await this.messenger.stop();
    await this.node.stop();
    await this.store.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Resolves once `reached`, looked at after each event; fails the test otherwise. */
  async until(what: string, reached: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!reached()) {
      const left = end - Date.now();
      assert.ok(left > 0, `${this.name} timed out waiting for: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 200));
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  reaches(message: MessageView, state: MessageState): Promise<void> {
    return this.until(`message is ${state}`, () =>
      this.events.some(
        (event) =>
          event.type === "message.state" &&
          event.message.id === message.id &&
          event.message.state === state,
      ),
    );
  }

  confirmed(who: string): boolean {
    return this.messenger
      .contacts()
      .some(({ name, pairing }) => name === who && pairing === "confirmed");
  }

  async texts(who: string): Promise<string[]> {
    const page = await this.messenger.history(who, { limit: 1000 });
    return page.filter(({ direction }) => direction === "in").map(({ text }) => text);
  }
}

export async function hostBootstrap(): Promise<BootstrapNode> {
  return createBootstrapNode({
    listen: ["/ip4/127.0.0.1/tcp/0"],
    announce: [],
    privateWan: false,
    validator: new RecordValidator(crypto.verify, Date.now),
    log: silent,
    tuning,
  });
}

/** Pairs two users by a one-use invite of the first. */
export async function pair(inviter: User, invitee: User): Promise<void> {
  const { link } = await inviter.messenger.createInvite({
    kind: "once",
    expiresIn: DAY,
    hints: false,
  });
  await invitee.messenger.add(link);
  await Promise.all([
    inviter.until("paired", () => inviter.confirmed(invitee.name)),
    invitee.until("paired", () => invitee.confirmed(inviter.name)),
  ]);
}

/** Sends, and waits for the proof of delivery. */
export async function deliver(from: User, to: User, text: string): Promise<void> {
  const message = await from.messenger.send(to.name, text);
  await from.reaches(message, "delivered");
  assert.ok((await to.texts(from.name)).includes(text));
}
