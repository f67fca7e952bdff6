/**
 * Which messages are asked of which linked member: each of one at a time, no more of an author in
 * a day than it may have written, and not again of a member that does not give them.
 */
import { groupLimits, type MemberId, type WantedRange } from "../../group/index.ts";
import type { Clock } from "../../ports/index.ts";
import { type Given, subtract } from "./sync-ask.ts";

const DAY = 86_400_000;

/** Ranges that are remembered as withheld, for what the user is shown. */
const MOST_WITHHELD = 4_096;

/** What a member was asked for and did not give. */
interface Refused {
  /** It does not have them: asked for again in the next round. */
  readonly lacking: readonly WantedRange[];
  /** It has them, and this node is not in their audience as it sees it. */
  readonly withheld: readonly WantedRange[];
}

const nothing: Refused = { lacking: [], withheld: [] };

export class SyncPlan {
  readonly #clock: Clock;
  /** Asked of some member now. */
  #claimed: readonly WantedRange[] = [];
  readonly #refused = new Map<MemberId, Refused>();
  #withheld: readonly WantedRange[] = [];
  /** By author: messages that were taken since the day began. */
  readonly #taken = new Map<MemberId, number>();
  #day: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#day = clock.now();
  }

  /** What no linked member gave since this node is not in its audience. */
  get withheld(): readonly WantedRange[] {
    return this.#withheld;
  }

  /** What of these ranges is to be asked of a member now. It is claimed until it is released. */
  claim(wanted: readonly WantedRange[], of: MemberId): readonly WantedRange[] {
    const { lacking, withheld } = this.#refused.get(of) ?? nothing;
    const open = subtract(wanted, [...this.#claimed, ...lacking, ...withheld]);
    const ranges = open.flatMap((range) => this.#allowed(range));
    this.#claimed = [...this.#claimed, ...ranges];
    return ranges;
  }

  /** Ranges are no longer asked of a member. */
  release(ranges: readonly WantedRange[]): void {
    this.#claimed = subtract(this.#claimed, ranges);
  }

  /** Releases what a member answered. A page without anything says that it lacks all of it. */
  answered(ranges: readonly WantedRange[], { messages, withheld }: Given, of: MemberId): void {
    this.release(ranges);
    this.#countDay();
    for (const { member } of messages) this.#taken.set(member, (this.#taken.get(member) ?? 0) + 1);
    const before = this.#refused.get(of) ?? nothing;
    const lacking = messages.length + withheld.length === 0 ? ranges : [];
    this.#refused.set(of, {
      lacking: [...before.lacking, ...lacking],
      withheld: [...before.withheld, ...withheld],
    });
    if (withheld.length > 0)
      this.#withheld = [...subtract(this.#withheld, withheld), ...withheld].slice(-MOST_WITHHELD);
  }

  /** A round with a member begins: what it lacked then it may have now. */
  round(member: MemberId): void {
    const { withheld } = this.#refused.get(member) ?? nothing;
    this.#refused.set(member, { lacking: [], withheld });
  }

  /** The link of a member closed. */
  forget(member: MemberId): void {
    this.#refused.delete(member);
  }

  /** A range, no longer than what its author may have written today. */
  #allowed(range: WantedRange): WantedRange[] {
    this.#countDay();
    const left = groupLimits.messagesPerDay - (this.#taken.get(range.member) ?? 0);
    return left > 0 ? [{ ...range, to: Math.min(range.to, range.from + left - 1) }] : [];
  }

  #countDay(): void {
    const now = this.#clock.now();
    // Also begin again when the clock was set back, or the day would last longer by as much.
    if (now >= this.#day && now < this.#day + DAY) return;
    this.#day = now;
    this.#taken.clear();
  }
}
