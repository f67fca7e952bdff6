/** Two users with real daemons who talk all the time, and a process that attacks one of them. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "../../src/api/index.ts";
import { connectTo } from "../../src/cli/index.ts";
import { Testbed } from "../chaos/testbed.ts";
import { pair, paired, type User } from "../chaos/user.ts";
import type { Report } from "./attack.ts";
import { contactAttacks } from "./attacks-contact.ts";
import type { Target } from "./raw.ts";

/** Private memory of a process in MiB: what it holds itself, without files and what it shares. */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Whether this machine can tell it. */
export const tellsMemory = process.platform === "linux";

export interface Strike {
  /** It ends then, or as soon as the node has dropped all of it. */
  readonly ms: number;
  readonly pause?: number;
  readonly strength?: number;
  readonly addresses?: number;
}

/** The attacking process. */
export class Attacker {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (reply: { report?: Report; error?: string }) => void>();
  #next = 0;

  constructor() {
    const program = fileURLToPath(new URL("./attacker.ts", import.meta.url));
    this.#process = spawn(process.execPath, ["--import", "tsx", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const { stdout } = this.#process;
    assert.ok(stdout);
    createInterface({ input: stdout }).on("line", (line) => {
      const { id, ...reply } = JSON.parse(line);
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    });
    this.#process.once("exit", () => {
      for (const settle of this.#waiting.values()) settle({ error: "the attacker ended" });
    });
  }

  async strike(attack: string, target: Target, strike: Strike): Promise<Report> {
    const id = this.#next++;
    const { ms, pause = 100, strength = 1, addresses = 20 } = strike;
    // Each attack from a network of its own: what one has used up is not charged to the next.
    const order = { id, attack, target, ms, pause, strength, addresses, network: 2 + (id % 250) };
    const answer = new Promise<{ report?: Report; error?: string }>((resolve) =>
      this.#waiting.set(id, resolve),
    );
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    const { report, error } = await answer;
    assert.ok(report, `${attack}: ${error}`);
    return report;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await gone;
  }
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * A conversation that goes on: what was sent, and how long until the other node had it on its disk.
 */
export class Talk {
  readonly #delays: number[] = [];
  readonly #lost: string[] = [];
  readonly #sent: Promise<void>[] = [];
  readonly #tag: string;
  readonly #done: Promise<unknown>;
  #going = true;

  constructor(users: readonly [User, User], tag: string) {
    const [a, b] = users;
    this.#tag = tag;
    this.#done = Promise.all([this.#speak(a, b), this.#speak(b, a)]);
  }

  async #speak(from: User, to: User): Promise<void> {
    for (let i = 0; this.#going; i++) {
      const sent = this.#say(from, to, `${this.#tag} ${i}`);
      this.#sent.push(sent);
      await Promise.race([sent, sleep(60)]);
      await sleep(40);
    }
  }

  async #say(from: User, to: User, text: string): Promise<void> {
    try {
      const { timedOut, elapsed } = await from.node.call("message.send", {
        who: to.name,
        text,
        wait: "delivered",
        timeout: 30_000,
      });
      if (timedOut) this.#lost.push(`${from.name}'s message did not arrive: ${text}`);
      else this.#delays.push(elapsed);
    } catch (error) {
      this.#lost.push(`${from.name} could not send: ${String(error)}`);
    }
  }

  /** Ends it once everything has arrived. Fails where something does not. */
  async end(): Promise<{ count: number; median: number; worst: number }> {
    this.#going = false;
    await this.#done;
    await Promise.all(this.#sent);
    assert.deepEqual(this.#lost, []);
    const delays = this.#delays;
    return { count: delays.length, median: middle(delays), worst: Math.max(0, ...delays) };
  }
}

export interface Outcome {
  readonly reports: Readonly<Record<string, Report>>;
  /** MiB, at the highest during the attack beyond what it was before. */
  readonly grown: number;
  readonly talk: { readonly count: number; readonly median: number; readonly worst: number };
}

export class HostileTestbed {
  readonly testbed: Testbed;
  readonly users: readonly [User, User];
  /** A contact of alice who attacks her by ordinary messages. */
  readonly mallory: User;
  readonly attacker = new Attacker();
  readonly target: Target;

  /** Events that told alice of the reuse of an invite. */
  reuses = 0;

  private constructor(
    testbed: Testbed,
    users: readonly [User, User],
    mallory: User,
    target: Target,
  ) {
    this.testbed = testbed;
    this.users = users;
    this.mallory = mallory;
    this.target = target;
  }

  static async open(): Promise<HostileTestbed> {
    const testbed = await Testbed.open();
    const users = [testbed.user("alice"), testbed.user("bob")] as const;
    const mallory = testbed.user("mallory");
    await Promise.all([...users, mallory].map((user) => user.start()));
    const [alice, bob] = users;
    const used = (await alice.node.call("invite.create", { kind: "once" })).link;
    await bob.node.call("contact.add", { link: used, as: alice.name });
    await paired(alice, bob);
    await pair(alice, mallory);
    const reusable = (await alice.node.call("invite.create", { kind: "reusable" })).link;
    const { account } = await bob.node.call("account.show", {});
    const contact = { account, name: bob.name };
    const target = { ...(await targetOf(alice)), invites: { used, reusable }, contact };
    const opened = new HostileTestbed(testbed, users, mallory, target);
    void opened.#countReuses(await alice.anotherClient());
    return opened;
  }

  /**
   * Attacks alice while she and bob talk, in all these ways at once. Fails where a message does not
   * arrive, or a node ends.
   */
  async strike(attacks: Readonly<Record<string, Strike>>): Promise<Outcome> {
    const pid = this.users[0].daemon?.pid ?? 0;
    const before = tellsMemory ? memoryOf(pid) : 0;
    let highest = before;
    const watch = setInterval(() => {
      if (tellsMemory && this.users[0].daemon?.alive) highest = Math.max(highest, memoryOf(pid));
    }, 25);
    const talk = new Talk(this.users, Object.keys(attacks).join());
    try {
      const reports: Record<string, Report> = {};
      await Promise.all(
        Object.entries(attacks).map(async ([attack, strike]) => {
          const byContact = contactAttacks[attack];
          reports[attack] =
            byContact === undefined
              ? await this.attacker.strike(attack, this.target, strike)
              : await byContact(this.mallory.node, this.users[0].name, Date.now() + strike.ms);
        }),
      );
      return { reports, grown: highest - before, talk: await talk.end() };
    } finally {
      clearInterval(watch);
      await talk.end().catch(() => undefined);
      assert.ok(
        this.users.every(({ daemon }) => daemon?.alive),
        "a node ended",
      );
    }
  }

  async #countReuses(client: Client): Promise<void> {
    for await (const _event of client.events({ types: ["invite.reused"] })) this.reuses++;
  }

  /** What they deliver to each other while nobody attacks. */
  async quiet(ms: number): Promise<Outcome["talk"]> {
    const talk = new Talk(this.users, "quiet");
    await sleep(ms);
    return talk.end();
  }

  async close(): Promise<void> {
    await this.attacker.end();
    await this.testbed.close();
  }
}

/** Where a user's node listens, and who it is today. */
export async function targetOf(user: User): Promise<Target> {
  const client: Client = createClient(await connectTo(`${user.home}/sotto.sock`));
  const status = (await client.call("node.status", {})) as unknown as {
    readonly host: string;
    readonly addresses: readonly string[];
  };
  const port = Number(/\/tcp\/(\d+)/.exec(status.addresses.join(" "))?.[1]);
  assert.ok(port > 0);
  return { port, peer: status.host };
}
