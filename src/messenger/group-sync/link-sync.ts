/**
 * Synchronisation over one group link: a state machine that is given messages and sends messages.
 * Each side asks for what it lacks; whatever a peer sends is bounded work, and what no honest
 * member sends closes the link.
 */
import { equal, never, TokenBucket, toHex } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  compareHeads,
  firstRanges,
  generationId,
  groupLimits,
  type MemberId,
  type RecordId,
  reconcile,
  type StreamHead,
  type StreamId,
  type WantedRange,
} from "../../group/index.ts";
import type { Clock } from "../../ports/index.ts";
import {
  type Link,
  linkLists,
  type SyncRequest,
  type SyncResponse,
  type SyncState,
} from "../../wire/index.ts";
import { answer, costOf } from "./sync-answer.ts";
import { type Ask, checkResponse, headOf, requestOf } from "./sync-ask.ts";
import type { SyncPlan } from "./sync-plan.ts";
import type { MessageKey, SyncLink, SyncSource, Taken } from "./sync-source.ts";
import { comparedBytes, compareStates, differingHeads, statedIn, stateOf } from "./sync-state.ts";

/** What all links of a group share. */
export interface SyncContext {
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly source: SyncSource;
  readonly plan: SyncPlan;
  /** A member answered all that this node asked of it. */
  finished(member: MemberId): void;
  /** Messages that a member was asked for are still lacking: others may have them. */
  released(by: MemberId): void;
}

/** As how many heads a message of heads counts at least: each compares all streams. */
const LEAST_HEADS = 64;

export class LinkSync {
  readonly link: SyncLink;
  readonly #context: SyncContext;
  readonly #states: TokenBucket;
  readonly #stated: TokenBucket;
  readonly #asked: TokenBucket;
  readonly #given: TokenBucket;
  /** Asks that are not sent yet, and those that have no answer, oldest first. */
  readonly #waiting: Ask[] = [];
  readonly #open: Ask[] = [];
  readonly #requests: SyncRequest[] = [];
  /** Messages are handled one after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** Requests are answered one after the other, apart from what this node asks. */
  #answering = false;
  #timer: (() => void) | undefined;
  /** Closes the link if the oldest request has no answer for too long. */
  #patience: (() => void) | undefined;
  /** What the member stated that it has. */
  #theirs = new Map<StreamId, StreamHead>();
  /** Digests of the member's streams as it stated them last. */
  #digests: Uint8Array | undefined;
  /** The state that the peer has of this node. */
  #sent: Uint8Array | undefined;
  /** The peer has stated what it has. */
  #heard = false;
  /** The peer's heads are here, or its state was equal. */
  #compared = false;
  /** Asked for on this link and not given: not asked for again before the next round. */
  readonly #items = new Set<string>();
  #closed = false;

  constructor(context: SyncContext, link: SyncLink) {
    this.#context = context;
    this.link = link;
    const { clock } = context;
    const { streamHeads } = groupLimits;
    this.#states = new TokenBucket(
      clock,
      1_000 / groupLimits.syncStateEvery,
      groupLimits.syncStates,
    );
    this.#stated = new TokenBucket(clock, streamHeads / 60, streamHeads);
    this.#asked = new TokenBucket(clock, groupLimits.syncBytes, groupLimits.syncBytes);
    this.#given = new TokenBucket(clock, groupLimits.syncBytes, groupLimits.syncBytes);
  }

  /** Begins a round: states what is here, and asks for what is known to be lacking. */
  round(): void {
    if (this.link.removed) return;
    this.#items.clear();
    this.#theirs.clear();
    this.#context.plan.round(this.link.member);
    this.#sendState();
    this.#askLacking();
    this.#pump();
  }

  /** Takes a message of the link that concerns synchronisation; others are ignored. */
  received(message: Link): Promise<void> {
    if (this.#closed || (this.link.removed && message.kind !== "request")) return this.#turn;
    if (message.kind === "request") {
      this.#requests.push(message);
      // An honest member has a few requests open.
      if (this.#requests.length > 2 * groupLimits.syncRequests) this.#hostile();
      else void this.#answer();
      return this.#turn;
    }
    this.#turn = this.#turn.then(() => this.#take(message));
    return this.#turn;
  }

  /** The link closed: nothing is sent, and what was asked of it may be asked of others. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of [this.#timer, this.#patience]) cancel?.();
    const { plan } = this.#context;
    const asked = [...this.#open, ...this.#waiting].filter((ask) => ask.kind === "messages");
    for (const { ranges } of asked) plan.release(ranges);
    plan.forget(this.link.member);
    for (const list of [this.#open, this.#waiting, this.#requests]) list.length = 0;
    if (asked.length > 0) this.#context.released(this.link.member);
  }

  async #take(message: Link): Promise<void> {
    if (this.#closed) return;
    switch (message.kind) {
      case "state":
        if (this.#states.take()) this.#takeState(message);
        break;
      case "heads":
        if (
          !this.link.provisional &&
          this.#stated.take(Math.max(LEAST_HEADS, message.heads.length))
        )
          this.#takeHeads(message.heads.map(headOf));
        break;
      case "response":
        await this.#takeResponse(message);
        break;
      case "request":
      case "mesh":
      case "peers":
      case "typing":
      case "broken":
      case "news":
        return;
      default:
        never(message);
    }
    this.#pump();
  }

  #takeState(theirs: SyncState): void {
    const { crypto, source } = this.#context;
    const { key, member, provisional } = this.link;
    const { sameStreams, sameRecords } = compareStates(this.#state(), theirs);
    if (!provisional) {
      this.#digests = theirs.digests;
      source.stated(member, statedIn(theirs));
      if (!sameStreams) this.#sendHeads(theirs.digests);
      else source.holds(member, source.heads());
    }
    if (sameStreams) this.#compared = true;
    // A member that joined just now does not know what this side stated before.
    const differs = !sameStreams || !sameRecords;
    const isFirst = !this.#heard;
    this.#heard = true;
    const isOutsider = this.#isOutsider();
    if (isOutsider && !isFirst) return;
    if (differs && isFirst && !isOutsider) this.#sent = undefined;
    if (differs) this.#stateIfChanged();
    // Of two members that differ one begins to compare; what it lists the other asks for.
    if (!sameRecords && (source.us < member || provisional) && !this.#has("records")) {
      const ranges = firstRanges(crypto, key, source.records());
      this.#ask({ kind: "records", ranges, fruitless: 0 });
    }
    this.#askLacking();
  }

  #sendHeads(digests: Uint8Array): void {
    const { crypto, source } = this.#context;
    const { key, member } = this.link;
    if (!source.isMember(member)) return;
    for (const heads of differingHeads(crypto, key, source.heads(), digests))
      this.#send({ kind: "heads", heads });
  }

  #takeHeads(theirs: readonly StreamHead[]): void {
    const { source } = this.#context;
    const { member } = this.link;
    const compared = compareHeads(this.#heads(), theirs);
    if (compared === undefined) {
      this.#hostile();
      return;
    }
    for (const head of theirs) this.#theirs.set(head.stream, head);
    source.holds(member, theirs);
    if (compared.forked.length > 0) source.forked(compared.forked, member);
    this.#compared = true;
    this.#askMessages(compared.wanted);
  }

  /** Asks for what the member stated that it has, and that is still lacking. */
  retry(): void {
    const compared = compareHeads(this.#heads(), [...this.#theirs.values()]);
    this.#askMessages(compared?.wanted ?? []);
    this.#pump();
  }

  #heads(): ReadonlyMap<StreamId, StreamHead> {
    return new Map(this.#context.source.heads().map((head) => [head.stream, head]));
  }

  #askMessages(wanted: readonly WantedRange[]): void {
    if (this.#closed || this.#waiting.length >= groupLimits.syncWaiting) return;
    const ranges = this.#context.plan.claim(wanted, this.link.member);
    for (let at = 0; at < ranges.length; at += linkLists.ranges)
      this.#ask({ kind: "messages", ranges: ranges.slice(at, at + linkLists.ranges) });
  }

  /** Asks for pages, keys and records by their hashes, once in a round. */
  #askLacking(): void {
    if (this.link.provisional) return;
    const { pages, keys, broken } = this.#context.source.lacking();
    for (const page of this.#once(pages, toHex)) this.#ask({ kind: "page", page });
    const lacking = this.#once(keys, toHex);
    for (let at = 0; at < lacking.length; at += linkLists.keys)
      this.#ask({ kind: "keys", messages: lacking.slice(at, at + linkLists.keys) });
    for (const generation of this.#once(broken, (id) => `broken ${id}`))
      this.#send({ kind: "broken", generation: generationId.bytes(generation) });
  }

  #askRecords(ids: readonly RecordId[]): void {
    const wanted = this.#once(ids, (id) => id);
    for (let at = 0; at < wanted.length; at += linkLists.records)
      this.#ask({ kind: "ids", ids: wanted.slice(at, at + linkLists.records) });
  }

  #once<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
    const fresh = items.filter((item) => !this.#items.has(nameOf(item)));
    for (const item of fresh) this.#items.add(nameOf(item));
    return fresh;
  }

  #ask(ask: Ask): void {
    this.#waiting.push(ask);
  }

  #has(kind: Ask["kind"]): boolean {
    return [...this.#open, ...this.#waiting].some((ask) => ask.kind === kind);
  }

  /** Sends what waits, while few requests are open and the rate allows it. */
  #pump(): void {
    if (this.#closed) return;
    while (this.#waiting.length > 0 && this.#open.length < groupLimits.syncRequests) {
      const wait = this.#asked.wait();
      if (wait > 0) {
        this.#timer?.();
        this.#timer = this.#context.clock.after(wait, () => this.#pump());
        return;
      }
      const ask = this.#waiting.shift() as Ask;
      this.#open.push(ask);
      this.#patience ??= this.#expectAnswer();
      this.#send({ kind: "request", ...requestOf(ask) });
    }
    if (this.#compared && this.#open.length === 0) this.#context.finished(this.link.member);
  }

  /** Comparing records hashes their ids: these bytes count as if they were sent. */
  #compareCost(): number {
    return 32 * this.#context.source.records().length;
  }

  #expectAnswer(): () => void {
    return this.#context.clock.after(groupLimits.syncTimeout, () => this.#hostile());
  }

  async #takeResponse(response: SyncResponse): Promise<void> {
    const { crypto, source, plan } = this.#context;
    const { member, key } = this.link;
    const ask = this.#open[0];
    this.#patience?.();
    this.#patience = this.#open.length > 1 ? this.#expectAnswer() : undefined;
    const checked = ask && checkResponse(crypto, ask, response);
    if (ask === undefined || checked === undefined) {
      this.#hostile();
      return;
    }
    this.#asked.spend(checked.bytes);

    const taken: Taken[] = [];
    const { records, pages, keys, messages } = response;
    if (records.length > 0) taken.push(await source.takeRecords(records, member));
    if (pages.length > 0) taken.push(await source.takePages(pages, member));
    if (keys.length > 0) taken.push(await source.takeKeys(keys as readonly MessageKey[], member));
    if (messages.length > 0) taken.push(await source.takeMessages(messages, member));
    if (this.#closed) return;
    this.#open.shift();
    if (ask.kind === "messages") plan.answered(ask.ranges, checked.given, member);
    if (taken.includes("hostile")) {
      this.#hostile();
      return;
    }

    if (ask.kind === "messages") {
      if (checked.left.length > 0) this.#askMessages(checked.left);
      else if (messages.length === 0) this.#context.released(member);
    }
    if (ask.kind !== "records") return;
    const items = source.records();
    this.#asked.spend(this.#compareCost());
    const next = reconcile(crypto, key, items, response.reconcile);
    if (next === undefined) {
      this.#hostile();
      return;
    }
    this.#askRecords(next.wanted);
    const fruitless = records.length > 0 ? 0 : ask.fruitless + 1;
    if (next.ranges.length > 0 && fruitless < groupLimits.syncFruitless)
      this.#ask({ kind: "records", ranges: next.ranges, fruitless });
  }

  async #answer(): Promise<void> {
    if (this.#answering) return;
    this.#answering = true;
    const { crypto, clock, source } = this.#context;
    for (;;) {
      const wait = this.#given.wait();
      if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
      const request = this.#requests[0];
      if (request === undefined || this.#closed) break;
      const found = await answer(crypto, source, this.link, request);
      if (this.#closed) break;
      this.#requests.shift();
      if (found === undefined) {
        this.#hostile();
        break;
      }
      this.#given.spend(costOf(request, found.response));
      if (request.reconcile.length > 0) this.#given.spend(this.#compareCost());
      this.#send({ kind: "response", ...found.response });
      this.#askRecords(found.wanted);
      if (found.listed.length > 0)
        this.#ask({ kind: "records", ranges: found.listed, fruitless: 0 });
      this.#pump();
    }
    this.#answering = false;
  }

  /** States what is here, unless the member knows it, and in which heads it differs. */
  changed(): void {
    if (!this.link.removed && this.#stateIfChanged() && this.#digests !== undefined)
      this.#sendHeads(this.#digests);
  }

  #stateIfChanged(): boolean {
    const before = this.#sent;
    if (before !== undefined && equal(before, comparedBytes(this.#state()))) return false;
    this.#sendState();
    return true;
  }

  /** Whether the account is no member by the log of a member: it sees nothing of what changes. */
  #isOutsider(): boolean {
    const { source } = this.#context;
    return this.link.provisional && source.isMember(source.us);
  }

  #sendState(): void {
    if (this.#sent !== undefined && this.#isOutsider()) return;
    const state = this.#state();
    this.#sent = comparedBytes(state);
    this.#send({ kind: "state", ...state });
  }

  #state(): SyncState {
    return stateOf(this.#context.crypto, this.#context.source, this.link.key);
  }

  #send(message: Link): void {
    if (!this.#closed && !this.link.send(message)) this.close();
  }

  #hostile(): void {
    this.close();
    this.link.close();
  }
}
