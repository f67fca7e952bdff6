/** What the actions of a plan do to a world. */
import type { MessageId } from "../../src/base/index.ts";
import { openBackup, restoredRows } from "../../src/messenger/account/backup.ts";
import { type ContactView, createAccount, type MessageView } from "../../src/messenger/index.ts";
import { accountEntropy } from "../../src/messenger/state/identity.ts";
import { type MemoryStore, memoryStore } from "../../src/store/index.ts";
import { Bot } from "./bot.ts";
import type { Laws } from "./laws.ts";
import { attack, move } from "./mischief.ts";
import { calm } from "./network.ts";
import { type Action, disguises, type Kind, type Profile } from "./plan.ts";
import { expected } from "./refusals.ts";
import type { SimNode, World } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What a user keeps elsewhere: a copy of the disk, and the file of a backup. */
interface Kept {
  readonly disk: MemoryStore;
  readonly file: Uint8Array;
}

/** A run in which something happens. */
export class Stage {
  readonly world: World;
  readonly laws: Laws;
  readonly nodes: SimNode[] = [];
  /** Messages whose senders were told that they are kept. */
  readonly kept: { readonly node: SimNode; readonly message: MessageView }[] = [];
  /** Messages that a user tried to cancel or to delete. */
  readonly takenBack = new Set<string>();
  readonly #backups = new Map<SimNode, Kept>();
  readonly #bots = new Map<SimNode, Bot>();
  /** A process that dies after so many more steps. */
  #doomed:
    | { readonly node: SimNode; steps: number; readonly down: number; readonly loses: boolean }
    | undefined;
  #written = 0;
  /** The scene is set: from now on anything may go wrong. */
  playing = false;

  constructor(world: World, laws: Laws) {
    this.world = world;
    this.laws = laws;
    world.onStep = (node) => this.#step(node);
  }

  #step(node: SimNode): void {
    const doomed = this.#doomed;
    if (doomed?.node !== node || doomed.steps-- > 0) return;
    this.#doomed = undefined;
    this.killFor(node, doomed.down, doomed.loses);
  }

  /** A node that dies before its `steps`-th step from now, and is back `down` ms later. */
  doom(node: SimNode, steps: number, down: number, loses = false): void {
    this.#doomed = { node, steps, down, loses };
  }

  /** @param loses one of its sessions is gone from its disk: both sides will make a new one. */
  killFor(node: SimNode, down: number, loses = false): void {
    node.kill();
    const rows = node.store.snapshot().filter(({ table }) => table === "session");
    const lost = rows.filter(({ of }) => loses && of === rows[0]?.of);
    void node.store.commit(lost.map((key) => ({ kind: "delete", key })));
    this.world.time.after(down, () => void this.revive(node));
  }

  async revive(node: SimNode): Promise<void> {
    if (!node.alive && !node.starting) await node.start();
  }

  /** Runs a call whose refusals are part of the trouble. */
  attempt<Result>(node: SimNode, job: () => Promise<Result>): Promise<Result | undefined> {
    return job().catch((error: unknown) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      if (!expected.has(code)) this.laws.broken.push(`${node.name}: a call failed: ${code}`);
      return undefined;
    });
  }

  send(node: SimNode, who: string, text: string): void {
    void this.attempt(node, async () => {
      const message = await node.messenger.send(who, text);
      this.kept.push({ node, message });
    });
  }

  do({ kind, draws: [x, y, z] }: Action, profile: Profile): void {
    const node = this.nodes[Math.floor(x * this.nodes.length)] as SimNode;
    const contacts = node.alive ? node.messenger.contacts() : [];
    const contact = contacts[Math.floor(y * contacts.length)];
    const host = node.host;
    const channels = host.channels();
    const channel = channels[Math.floor(y * channels.length)];
    const down = Math.floor(z ** 2 * 2 * MINUTE);
    const happens: Record<Kind, () => void> = {
      send: () => contact && this.#sendSome(node, contact, z),
      read: () => contact && void this.read(node, contact.account, z < 0.3 ? 10_000 : 20 * z),
      cancel: () => void this.#cancel(z),
      edit: () =>
        this.#act(z, (by, id) => {
          const text = `edited ${++this.#written}`;
          return this.#unsent(by, id, () => by.messenger.edit(id, text));
        }),
      delete: () => this.#act(z, (by, id) => this.#takeBack(by, id, () => by.messenger.delete(id))),
      react: () =>
        this.#act(z, (_, id) => node.messenger.react(id, y < 0.2 ? "" : `:${y}`.slice(0, 5))),
      cut: () => (z < 0.5 ? host.cutAll() : channel?.abort()),
      stall: () => channel?.stall(z * 3 * MINUTE),
      vanish: () => channel?.vanish(),
      partition: () => this.#regroup((at) => ((y * 2 ** this.nodes.length) & (1 << at) ? 1 : 0)),
      heal: () => this.#regroup(() => 0),
      kill: () => node.alive && this.killFor(node, down),
      killSoon: () => node.alive && this.doom(node, Math.floor(y * 40), down),
      stop: () => void this.#stop(node, down),
      diskFails: () =>
        node.alive &&
        this.failDisk(node, z < 0.5 ? "before" : "after", Math.floor(y * 12), 100 + down),
      backup: () => node.alive && void this.#backup(node),
      rollback: () => this.#rollback(node),
      restore: () => void this.#restore(node),
      timer: () => contact && this.#setTimer(node, contact, z),
      loseSession: () => node.alive && this.doom(node, Math.floor(y * 40), down, true),
      clock: () => this.#clock(node, profile, y, z - 0.5),
      follow: () =>
        node.alive && void this.attempt(node, () => this.bot(node).read(node, y, z < 0.6)),
      move: () => move(host, y),
      attack: () => void attack(host, y, z),
      block: () => contact && void this.#block(node, contact, 1000 + down, x),
      rename: () => node.alive && void this.#rename(node, y, down),
      weather: () => {
        this.world.network.weather = {
          breaks: x * 0.1,
          dialFails: y * 0.5,
          recordLost: z * 0.5,
          recordStale: x * y,
          putLost: y * z,
          putUnheard: x * z,
        };
      },
    };
    if (kind in profile.weights) happens[kind]();
  }

  /**
   * Most clocks are off by minutes, some by hours; one may leap by days, and is alone with that.
   */
  #clock(node: SimNode, { stormyPairing }: Profile, y: number, share: number): void {
    const leaps = y > 0.9 && node === this.nodes[0] && !stormyPairing;
    const most = leaps ? 12 * 24 * HOUR : y > 0.8 ? 8 * HOUR : 5 * MINUTE;
    node.skew += Math.floor(share * most);
  }

  /** The program that follows this node. */
  bot(node: SimNode): Bot {
    const known = this.#bots.get(node) ?? new Bot();
    this.#bots.set(node, known);
    return known;
  }

  #sendSome(node: SimNode, { account }: ContactView, draw: number): void {
    const burst = draw < 0.6 ? 1 : 1 + Math.floor((draw - 0.6) * 20);
    for (let n = 0; n < burst; n++) {
      const text = `${node.name} ${++this.#written}`;
      this.send(node, account, draw > 0.95 ? text.padEnd(3000 * draw, ".") : text);
    }
  }

  /** The user is shown the newest messages, and they are marked as read. */
  async read(node: SimNode, account: string, most: number): Promise<void> {
    const known = this.laws.of(node);
    const process = node.host;
    const limit = 1 + Math.floor(most);
    const page = await this.attempt(node, () => node.messenger.history(account, { limit }));
    const [from, upTo] = [page?.at(0)?.at, page?.at(-1)?.at];
    if (page === undefined || from === undefined || upTo === undefined) return;
    if (node.host !== process) return;
    for (const { id, direction } of page) if (direction === "in") known.read.add(id);
    known.reading++;
    await this.attempt(node, () => node.messenger.markRead(account, { from, upTo }));
    if (node.host === process) known.reading--;
  }

  async #cancel(draw: number): Promise<void> {
    const chosen = this.kept[Math.floor(draw * this.kept.length)];
    if (!chosen?.node.alive) return;
    const { node, message } = chosen;
    await this.attempt(node, () =>
      this.#takeBack(node, message.id, () => node.messenger.cancel(message.id)),
    );
  }

  #takeBack(by: SimNode, id: MessageId, job: () => Promise<unknown>): Promise<unknown> {
    this.takenBack.add(id);
    return this.#unsent(by, id, job);
  }

  /** What never left can always be taken back and changed, whatever forbids to send. */
  async #unsent(by: SimNode, id: MessageId, job: () => Promise<unknown>): Promise<unknown> {
    const process = by.host;
    try {
      return await job();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      const open = this.laws.of(by).disk.unsealedFor().includes(id);
      if (process === by.host && code !== "" && !/^(store|disk)-/.test(code) && open)
        this.laws.say(by, `${id} never left, and cannot be taken back: ${code}`);
      throw error;
    }
  }

  /** Somebody changes a message that was kept, or says what they think of it. */
  #act(draw: number, act: (by: SimNode, id: MessageView["id"]) => Promise<unknown>): void {
    const chosen = this.kept[Math.floor(draw * this.kept.length)];
    if (chosen?.node.alive)
      void this.attempt(chosen.node, () => act(chosen.node, chosen.message.id));
  }

  #regroup(group: (at: number) => number): void {
    this.nodes.forEach((node, at) => {
      node.group = group(at);
      node.host.group = node.group;
    });
    this.world.network.regrouped();
  }

  async #stop(node: SimNode, down: number): Promise<void> {
    if (!node.alive) return;
    await node.stop();
    this.world.time.after(down, () => void this.revive(node));
  }

  /**
   * After so many commits one fails, and every one behind it; the person restarts the node later.
   */
  failDisk(node: SimNode, moment: "before" | "after", commits: number, down = 1000): void {
    let left = commits;
    node.onCommit = (_ops, at) => {
      if (at !== moment || left-- > 0) return;
      node.onCommit = undefined;
      this.world.time.after(down, () => {
        node.kill();
        void this.revive(node);
      });
      throw new Error(moment === "before" ? "no space left on device" : "input/output error");
    };
  }

  async #backup(node: SimNode): Promise<void> {
    const disk = node.store.fork();
    const file = await this.attempt(node, () => node.messenger.backup([]));
    if (file !== undefined) this.#backups.set(node, { disk, file });
  }

  #rollback(node: SimNode): void {
    const copy = this.#backups.get(node)?.disk;
    if (copy === undefined || node.starting) return;
    node.kill();
    this.laws.rollsBack(node, copy);
    void node.startFrom(copy);
  }

  /** The node's account moves to a new machine, with what is in its backup file. */
  async #restore(node: SimNode): Promise<void> {
    const kept = this.#backups.get(node);
    if (kept === undefined) return;
    const { crypto, time } = this.world;
    const entropy = await accountEntropy(kept.disk);
    const store = memoryStore();
    const rows = restoredRows(crypto, openBackup(crypto, entropy, kept.file));
    const parts = { crypto, store, clock: time.clock(() => node.skew) };
    await createAccount(parts, { name: node.name, entropy, rows });
    if (node.starting || !this.playing) return;
    node.kill();
    this.laws.rollsBack(node, store);
    this.laws.startsEmpty(node);
    await node.startFrom(store);
    await this.attempt(node, () => this.bot(node).follow(node));
  }

  /** For longer than any run: no message goes. */
  #setTimer(node: SimNode, { account }: ContactView, draw: number): void {
    const ms = draw < 0.2 ? 0 : (300 + Math.floor(draw * 10)) * 24 * HOUR;
    void this.attempt(node, () => node.messenger.setTimer(account, ms));
  }

  /** Blocks a contact for a while, and takes back a message to it that was not sealed. */
  /** From its next start on the node calls itself something else, and its contacts hear of it. */
  async #rename(node: SimNode, draw: number, down: number): Promise<void> {
    const other = this.nodes[Math.floor(draw * this.nodes.length)] as SimNode;
    const { account } = other.messenger.self();
    this.killFor(node, down, true);
    const kinds = Object.values(disguises);
    const name = kinds[Math.floor(draw * 7 * kinds.length) % kinds.length]?.(account, other.name);
    if (name !== undefined && !node.starting) await node.callItself(name);
  }

  async #block(node: SimNode, { account }: ContactView, ms: number, draw: number): Promise<void> {
    await this.attempt(node, () => node.messenger.block(account));
    const waits = this.laws.of(node).disk.unsealedFor(account);
    const id = waits[Math.floor(draw * waits.length)];
    if (id !== undefined && node.alive)
      await this.attempt(node, () =>
        this.#takeBack(node, id, () =>
          draw < 0.5 ? node.messenger.cancel(id) : node.messenger.delete(id),
        ),
      );
    this.world.time.after(ms, () => {
      if (node.alive) void this.attempt(node, () => node.messenger.unblock(account));
    });
  }

  /** Everything is well again: only what is still on its way is left to come. */
  async heal(): Promise<void> {
    const { network, time } = this.world;
    this.#doomed = undefined;
    network.tamper = undefined;
    network.bandwidth = undefined;
    network.weather = calm;
    this.#regroup(() => 0);
    for (const node of this.nodes) {
      node.skew = 0;
      await time.run(() => !node.starting, MINUTE);
      // A store that failed stays closed until the node is started again.
      node.kill();
      void this.revive(node);
    }
    await time.run(() => this.nodes.every(({ alive }) => alive), MINUTE);
    for (const node of this.nodes)
      for (const { account, blocked } of node.messenger.contacts())
        if (blocked) void this.attempt(node, () => node.messenger.unblock(account));
  }
}
