/**
 * A user who keeps writing to another, whatever happens to the daemons, and remembers what the
 * answers were.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { SottoError } from "../../src/base/index.ts";
import type { User } from "./user.ts";

/**
 * `steady`: one at a time, the next only when the one before was answered. `bursty`: many at once,
 * a pause, many again; what got no answer is asked for again later, or never.
 */
export type Manner = "steady" | "bursty";

/** Tells apart the texts, and so the keys, of writers between the same two. */
let writers = 0;

/** Chance that a bursty writer asks again for what got no answer. */
const ASK_AGAIN = 0.7;
const BURST = 24;
const PAUSE = { steady: 25, bursty: 500 } as const;

export class Load {
  readonly from: User;
  readonly to: User;
  readonly manner: Manner;
  /** Ids that the node answered with, by text. */
  readonly answered = new Map<string, string>();
  /**
   * Texts whose send got no answer, and for which nobody asked again: there once, or not at all.
   */
  readonly unanswered = new Set<string>();
  /** Answers that named another message than the first answer to the same key. */
  readonly contradictions: string[] = [];
  /** Faults of the node other than its end. */
  readonly faults: string[] = [];
  readonly #chance: () => number;
  readonly #number = ++writers;
  #written = 0;
  #writing = true;
  #done: Promise<void> | undefined;

  constructor(from: User, to: User, manner: Manner, chance: () => number = Math.random) {
    this.from = from;
    this.to = to;
    this.manner = manner;
    this.#chance = chance;
  }

  start(): void {
    this.#done = this.#write();
  }

  /** No new messages; what a steady writer has under way is asked for until there is an answer. */
  async finish(): Promise<void> {
    this.#writing = false;
    await this.#done;
  }

  /** Texts in the order in which they were written. */
  get texts(): number {
    return this.#written;
  }

  /** Its number, for the check of the order; `undefined` for a text of another writer. */
  numberOf(text: string): number | undefined {
    return text.startsWith(this.#prefix) ? Number(text.slice(this.#prefix.length)) : undefined;
  }

  get #prefix(): string {
    return `${this.from.name} to ${this.to.name}, ${this.manner} writer ${this.#number}, `;
  }

  async #write(): Promise<void> {
    while (this.#writing) {
      if (this.manner === "steady") await this.#insist(this.#next());
      else if (this.from.client !== undefined) {
        const count = 1 + Math.floor(this.#chance() * BURST);
        await Promise.all(Array.from({ length: count }, () => this.#once(this.#next())));
        for (const text of [...this.unanswered])
          if (this.#chance() < ASK_AGAIN) await this.#once(text);
      }
      await sleep(PAUSE[this.manner] * (0.5 + this.#chance()));
    }
  }

  #next(): string {
    return `${this.#prefix}${++this.#written}`;
  }

  /** Asks until there is an answer. */
  async #insist(text: string): Promise<void> {
    while (!(await this.#once(text))) await sleep(50);
  }

  /** @returns whether there was an answer. */
  async #once(text: string): Promise<boolean> {
    this.unanswered.add(text);
    const client = this.from.client;
    if (client === undefined) return false;
    try {
      const params = { who: this.to.name, text, key: text };
      const { message } = await client.call("message.send", params);
      const before = this.answered.get(text);
      if (before !== undefined && before !== message.id) this.contradictions.push(text);
      this.answered.set(text, message.id);
      this.unanswered.delete(text);
      return true;
    } catch (error) {
      const code = error instanceof SottoError ? error.code : String(error);
      if (code !== "node-not-running" && code !== "store-closed") this.faults.push(code);
      return false;
    }
  }
}
