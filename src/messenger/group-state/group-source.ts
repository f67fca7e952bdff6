/** What synchronisation asks of a group, and gives to it (group-sync/sync-source.ts). */
import { equal, SottoError } from "../../base/index.ts";
import {
  frontiersOf,
  type GenerationId,
  type GroupMessageKey,
  generationId,
  groupLimits,
  inLogOrder,
  type MemberId,
  memberId,
  newestHeads,
  type OpId,
  precedes,
  type RecordId,
  type RecordItem,
  recipientsOf,
  type StreamHead,
  stateAt,
  type WantedRange,
} from "../../group/index.ts";
import type { GroupAck } from "../../wire/index.ts";
import {
  type GroupMessageParts,
  joinGroupRecord,
  linkLists,
  splitGroupRecord,
} from "../../wire/index.ts";
import type {
  GivenMessages,
  LackingItems,
  MessageKey,
  StatedByMember,
  SyncSource,
  Taken,
} from "../group-sync/sync-source.ts";
import { decodeRow, rowKey } from "../model/rows.ts";
import { background } from "../state/context.ts";
import { lackingPages, openGenerations } from "./generations.ts";
import type { Group } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import { commitOrReload, withGroupLock } from "./group-store.ts";
import { groupEvent } from "./group-views.ts";
import { generationNamed, putGeneration } from "./held-keys.ts";
import type { ItemRow } from "./held-records.ts";
import { newestOpen } from "./seal.ts";
import { messageOf, sealedKey } from "./sealed-rows.ts";
import { type Deliver, isCut, openSealed, takeKeys, takeMessages } from "./take-messages.ts";
import { takeRecords, WaitingRecords } from "./take-records.ts";

/** What the group does with what synchronisation brings. */
export interface SourceEvents {
  readonly deliver: Deliver;
  /** Records that are new here, for the other linked members. */
  fresh(records: readonly Uint8Array[], from: MemberId): void;
  /** Operations, keys or standing changed: links, sending and views follow. */
  changed(): void;
  acknowledged(acks: readonly GroupAck[]): Promise<void>;
  stated(member: MemberId, state: StatedByMember): void;
  holds(member: MemberId, heads: readonly StreamHead[]): void;
}

export class GroupSyncSource implements SyncSource {
  readonly #context: GroupsContext;
  readonly #group: Group;
  readonly #events: SourceEvents;
  readonly #waiting = new WaitingRecords();

  constructor(context: GroupsContext, group: Group, events: SourceEvents) {
    this.#context = context;
    this.#group = group;
    this.#events = events;
  }

  get us(): MemberId {
    return this.#group.row.us;
  }

  isMember(member: MemberId): boolean {
    return this.#group.state.members.has(member);
  }

  removalOf(member: MemberId): readonly RecordId[] {
    const { state, records, log } = this.#group;
    const removal = (state.cutoffs.get(member) ?? [])
      .flatMap(({ op }) => log.ops.get(op) ?? [])
      .find(({ action }) => action.kind === "remove");
    if (removal === undefined) return [];
    const before = [...log.ops.values()].filter((op) => precedes(op, removal)).sort(inLogOrder);
    return [...before.slice(1 - linkLists.news), removal].flatMap(
      ({ id }) => records.ofOp(id) ?? [],
    );
  }

  heads(): readonly StreamHead[] {
    return this.#group.sealed.heads();
  }

  records(): readonly RecordItem[] {
    return this.#group.records.ordered();
  }

  frontier(): readonly OpId[] {
    return newestHeads(this.#group.log);
  }

  newestGeneration(): GenerationId | undefined {
    return newestOpen(this.#group.keys)?.id;
  }

  lamport(): number {
    return this.#group.row.conversation.lamport;
  }

  lacking(): LackingItems {
    const { keys, sealed } = this.#group;
    const open = (short: string): boolean => keys.generations.get(short)?.standing !== "announced";
    return {
      pages: lackingPages(this.#group),
      // What its generation opens by itself, once the page is here, is not asked for.
      keys: sealed
        .sealed()
        .filter(({ generation }) => open(generation))
        .map(({ hash }) => hash),
      broken: [...keys.generations.values()].flatMap(({ standing, id }) =>
        standing === "broken" ? [id] : [],
      ),
    };
  }

  async readRecord(id: RecordId): Promise<Uint8Array | undefined> {
    const place = this.#group.records.rowOf(id);
    if (place === undefined) return undefined;
    const bytes = await this.#context.store.get(rowKey(place.table, this.#group.row.ref, place.at));
    if (bytes === undefined) return undefined;
    const record = place.table === "group-op" ? bytes : decodeRow<ItemRow>(bytes).bytes;
    return joinGroupRecord({ kind: place.kind, bytes: record });
  }

  async readMessages(
    { member, stream, from, to }: WantedRange,
    asker: MemberId,
    bytes: number,
  ): Promise<GivenMessages> {
    const { store } = this.#context;
    const { sealed, row } = this.#group;
    const messages: Uint8Array[] = [];
    const withheld: { from: number; to: number }[] = [];
    if (sealed.ownerOf(stream) !== member) return { messages, withheld };
    let size = 0;
    for (const seq of sealed.seqsOf(stream, from, to, groupLimits.rowsRead)) {
      const found = messageOf(await store.get(sealedKey(row.ref, stream, seq)));
      if (found === undefined) continue;
      const { parts } = found;
      const message = found.row.bytes;
      if (isCut(this.#group, member, stream, seq)) continue;
      if (!this.#isFor(asker, member, parts)) {
        const last = withheld.at(-1);
        if (last?.to === seq - 1) last.to = seq;
        else withheld.push({ from: seq, to: seq });
        continue;
      }
      if (size > 0 && size + message.length > bytes) break;
      messages.push(message);
      size += message.length;
    }
    return { messages, withheld };
  }

  /** Whether a member is in the audience of a message. */
  #isFor(asker: MemberId, author: MemberId, { frontier }: GroupMessageParts): boolean {
    if (asker === author) return true;
    return frontiersOf(this.#group.log, frontier).some((heads) =>
      stateAt(this.#group.log, heads).members.has(asker),
    );
  }

  async readPage(hash: Uint8Array, to: MemberId): Promise<Uint8Array | undefined> {
    const { keys, log, records, row } = this.#group;
    const at = records.pageAt(hash);
    const isFor = [...keys.generations.values()].some(
      (each) =>
        each.announcement.pages.some((page) => equal(page, hash)) &&
        recipientsOf(log, each)?.has(to) === true,
    );
    if (at === undefined || !isFor) return undefined;
    const bytes = await this.#context.store.get(rowKey("group-item", row.ref, at));
    return bytes && decodeRow<ItemRow>(bytes).bytes;
  }

  async readKey(message: Uint8Array, to: MemberId): Promise<GroupMessageKey | undefined> {
    const { sealed, row } = this.#group;
    const place = sealed.find(message);
    if (place === undefined) return undefined;
    const { store } = this.#context;
    const found = messageOf(await store.get(sealedKey(row.ref, place.stream, place.seq)));
    if (found === undefined || !this.isMember(to)) return undefined;
    const { parts } = found;
    return this.#isFor(to, memberId.from(parts.member), parts) ? found.row.mk : undefined;
  }

  async takeRecords(records: readonly Uint8Array[], from: MemberId): Promise<Taken> {
    const done = await this.#locked(async () => {
      const taken = await takeRecords(this.#context, this.#group, this.#waiting, records, from);
      if (taken.fresh.length > 0)
        await openSealed(this.#context, this.#group, this.#events.deliver);
      return taken;
    });
    if (done === undefined) return "taken";
    if (done.fresh.length > 0) this.#events.fresh(done.fresh, from);
    // Acknowledgements come often, and nothing else follows from them.
    if (done.fresh.some((record) => splitGroupRecord(record)?.kind !== "ack"))
      this.#events.changed();
    if (done.acks.length > 0) await this.#events.acknowledged(done.acks);
    return done.fate;
  }

  async takeMessages(messages: readonly Uint8Array[]): Promise<Taken> {
    const done = await this.#locked(() =>
      takeMessages(this.#context, this.#group, messages, this.#events.deliver),
    );
    return done ?? "taken";
  }

  async takePages(pages: readonly Uint8Array[], from: MemberId): Promise<Taken> {
    const fresh = await this.#locked(async () => {
      const made: Uint8Array[] = [];
      for (const page of pages) {
        const change = openGenerations(this.#context, this.#group, page);
        if (change.ops.length === 0) continue;
        const tell = await commitOrReload(this.#context, this.#group, change.ops, [
          groupEvent(this.#context.viewer, this.#group),
        ]);
        change.apply();
        tell();
        made.push(...(change.fresh ?? []));
      }
      await openSealed(this.#context, this.#group, this.#events.deliver);
      return made;
    });
    if (fresh !== undefined && fresh.length > 0) this.#events.fresh(fresh, from);
    this.#events.changed();
    return "taken";
  }

  async takeKeys(keys: readonly MessageKey[]): Promise<Taken> {
    const done = await this.#locked(() =>
      takeKeys(this.#context, this.#group, keys, this.#events.deliver),
    );
    return done ?? "taken";
  }

  stated(member: MemberId, state: StatedByMember): void {
    this.#events.stated(member, state);
  }

  holds(member: MemberId, heads: readonly StreamHead[]): void {
    this.#events.holds(member, heads);
  }

  forked(): void {
    this.#context.log("group-forked", {});
  }

  /** A member cannot open a generation: another one is made before the next message. */
  broken(generation: GenerationId): void {
    background(this.#context, "group-repair-failed", async () => {
      await this.#locked(async () => {
        const found = generationNamed(this.#group.keys, generationId.bytes(generation));
        if (found?.standing !== "open" || found.until === 0) return;
        const next = { ...found, until: 0 };
        await this.#context.store.commit([putGeneration(this.#group.row.ref, next)]);
        found.until = 0;
      });
    });
  }

  #locked<Result>(job: () => Promise<Result>): Promise<Result | undefined> {
    return withGroupLock(this.#context, this.#group, job).catch((error: unknown) => {
      if (error instanceof SottoError && error.code === "store-closed") return undefined;
      throw error;
    });
  }
}
