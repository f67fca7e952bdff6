/**
 * Records that other members gave: verified, stored in one batch, and taken up. Each is judged by
 * the log alone, so that all members keep the same ones; what cannot be judged yet waits in memory.
 */
import { never, toHex } from "../../base/index.ts";
import {
  type Announced,
  compareText,
  depthOf,
  generationOf,
  groupLimits,
  isKeyPackage,
  judgeAnnouncement,
  type MemberId,
  memberId,
  type OpId,
  opId,
  place,
  readOp,
  recipientsOf,
  replay,
} from "../../group/index.ts";
import {
  decodeGroupKeyPackage,
  decodeGroupOp,
  decodeKeyAnnouncement,
  encodeGroupKeyPackage,
  type GroupAck,
  type GroupKeyPackage,
  type GroupRecord,
  joinGroupRecord,
  splitGroupRecord,
  splitSignature,
} from "../../wire/index.ts";
import type { Taken } from "../group-sync/sync-source.ts";
import { putGroup } from "../state/change-contact.ts";
import { renewPackage } from "./generations.ts";
import { announcedIn, type Group, standingOf } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import { commitOrReload, putOp } from "./group-store.ts";
import { groupEvent } from "./group-views.ts";
import { type Generation, putGeneration, shortId } from "./held-keys.ts";
import { announcedToday, endSurplus } from "./key-bounds.ts";
import { entryOf, keep, type RecordBatch, replace, type Verdict } from "./record-batch.ts";
import { takeAck, takeSigningKey } from "./take-authenticated.ts";

/** What became of the records at hand. */
export interface TakenRecords {
  readonly fate: Taken;
  /** Those that are new here, as they travel: for the other linked members. */
  readonly fresh: readonly Uint8Array[];
  /** Acknowledgements of our messages among them. */
  readonly acks: readonly GroupAck[];
}

/** A record that is not judged yet. */
interface Open extends GroupRecord {
  /** Operations that it follows: before they are here, nothing of it is verified. */
  readonly parents: readonly OpId[];
  readonly depth: number;
  /** The member that it is about gave it itself. */
  readonly from: MemberId | undefined;
}

/** Records of one group that cannot be judged yet. */
export class WaitingRecords {
  #records: Open[] = [];

  take(): Open[] {
    const taken = this.#records;
    this.#records = [];
    return taken;
  }

  keep(records: readonly Open[]): void {
    this.#records = [...this.#records, ...records].slice(-groupLimits.waitingRecords);
  }
}

/**
 * Takes records in. Requires the lock of the group.
 * @param from the member that gave them.
 */
export async function takeRecords(
  context: GroupsContext,
  group: Group,
  waiting: WaitingRecords,
  given: readonly Uint8Array[],
  from?: MemberId,
): Promise<TakenRecords> {
  const batch: RecordBatch = {
    context,
    group,
    ops: [],
    fresh: [],
    acks: [],
    touched: false,
    announced: false,
  };
  let open: Open[] = [];
  let fate: Taken = "taken";
  for (const bytes of given) {
    const record = splitGroupRecord(bytes);
    if (record === undefined) continue;
    if (!group.records.has(group.records.idOf(record.kind, record.bytes)))
      open.push({ ...record, ...placeOf(record), from });
  }
  open.push(...waiting.take());
  // Those that others follow come first, so that one pass does.
  open.sort((a, b) => a.depth - b.depth);
  for (let progress = true; progress && fate === "taken"; ) {
    progress = false;
    const left: Open[] = [];
    for (const record of open) {
      const lacks = record.parents.some((parent) => !group.log.ops.has(parent));
      const verdict = lacks ? "waits" : takeOne(batch, record);
      if (verdict === "waits") left.push(record);
      else if (verdict === "fits") progress = true;
      else if (verdict === "hostile") fate = "hostile";
    }
    open = left;
  }
  waiting.keep(open.map((record) => ({ ...record, bytes: record.bytes.slice() })));
  await commit(batch);
  return { fate, fresh: batch.fresh, acks: batch.acks };
}

/** What an operation follows; other records are judged after all operations. */
function placeOf({ kind, bytes }: GroupRecord): Pick<Open, "parents" | "depth"> {
  if (kind !== "op") return { parents: [], depth: Number.MAX_SAFE_INTEGER };
  const parts = splitSignature(bytes);
  const op = parts && decodeGroupOp(parts.bytes);
  return { parents: op?.parents.map(opId.from) ?? [], depth: op?.depth ?? 0 };
}

async function commit({ context, group, ops, touched, announced }: RecordBatch): Promise<void> {
  if (ops.length === 0) return;
  if (touched) group.state = replay(group.log);
  const next = { ...group.row, standing: standingOf(group) };
  const changed = next.standing !== group.row.standing;
  const row = changed ? [putGroup(next)] : [];
  const events = touched || announced || changed ? [groupEvent(context.viewer, group)] : [];
  const tell = await commitOrReload(context, group, [...ops, ...row], events);
  group.row = next;
  tell();
}

function takeOne(batch: RecordBatch, record: Open): Verdict {
  switch (record.kind) {
    case "op":
      return takeOp(batch, record.bytes);
    case "announcement":
      return takeAnnouncement(batch, record.bytes);
    case "key-package":
      return takePackage(batch, record.bytes);
    case "signing-key":
      return takeSigningKey(batch, record.bytes);
    case "ack":
      return takeAck(batch, record.bytes, record.from);
    default:
      return never(record.kind);
  }
}

function takeOp(batch: RecordBatch, signed: Uint8Array): Verdict {
  const { context, group } = batch;
  const { row, log, records } = group;
  const reading = readOp(context.crypto, row.id, log, signed);
  if (reading.kind === "waits") return "waits";
  if (reading.kind === "refused") return "hostile";
  if (log.ops.has(reading.op.id)) return "void";
  const bytes = signed.slice();
  const at = group.nextOp++;
  place(log, reading.op);
  records.addOp(reading.op, bytes, at);
  batch.ops.push(putOp(row, at, bytes));
  batch.fresh.push(joinGroupRecord({ kind: "op", bytes }));
  batch.touched = true;
  const carried = announcedIn(group, bytes, reading.op);
  if (carried !== undefined) addGeneration(batch, carried);
  return "fits";
}

function takeAnnouncement(batch: RecordBatch, bytes: Uint8Array): Verdict {
  const announcement = decodeKeyAnnouncement(bytes);
  if (announcement === undefined) return "hostile";
  const { group } = batch;
  const announced: Announced = { group: group.row.id, announcement };
  const verdict = addGeneration(batch, announced);
  if (verdict === "fits")
    keep(batch, { kind: "announcement", bytes, depth: depthOf(group.log, announced) });
  return verdict;
}

/** Takes a generation up whose announcement counts; its envelopes are asked for afterwards. */
function addGeneration(batch: RecordBatch, announced: Announced): Verdict {
  const { context, group } = batch;
  const { crypto, clock } = context;
  const { log, keys, row } = group;
  const judged = judgeAnnouncement(crypto, log, announced, keys.generations.values());
  if (judged !== "counts") return judged;
  const id = generationOf(crypto, announced);
  if (keys.generations.has(shortId(id))) return "void";
  if (announced.removal === undefined && announcedToday(group, announced, clock.now()))
    return "waits";
  const isOurs = recipientsOf(log, announced)?.has(row.us) === true;
  const generation: Generation = {
    ...announced,
    ...{ id, since: clock.now(), until: undefined, chains: new Map(), own: undefined },
    standing: isOurs ? "announced" : "foreign",
  };
  if (isOurs) {
    batch.announced = true;
    const over = endSurplus(group, generation);
    batch.ops.push(...over.ops);
    over.apply();
  }
  keys.generations.set(shortId(id), generation);
  batch.ops.push(putGeneration(row.ref, generation));
  return "fits";
}

function takePackage(batch: RecordBatch, bytes: Uint8Array): Verdict {
  const keys = decodeGroupKeyPackage(bytes);
  if (keys === undefined) return "hostile";
  const { context, group } = batch;
  const member = memberId.from(keys.member);
  const entry = entryOf(group, member);
  if (entry === undefined) return "waits";
  if (!isKeyPackage(context.crypto, group.row.id, entry.memberKey, entry.package, keys))
    return "void";
  const before = group.packages.get(member);
  if (before !== undefined && !isNewerPackage(keys, before.keys)) return "void";
  if (before !== undefined)
    replace(batch, "key-package", encodeGroupKeyPackage(before.keys), before.item);
  const item = keep(batch, { kind: "key-package", bytes, depth: 0 });
  group.packages.set(member, { keys, item });
  if (member === group.row.us) {
    // One of ours that this node does not have: its disk went back. Others are to seal to a newer.
    const renewed = renewPackage(context, group, keys.number);
    batch.ops.push(...renewed.ops);
    batch.fresh.push(...(renewed.fresh ?? []));
    renewed.apply();
  }
  return "fits";
}

/** Of two packages with one number all members keep the same one. */
function isNewerPackage(keys: GroupKeyPackage, than: GroupKeyPackage): boolean {
  if (keys.number !== than.number) return keys.number > than.number;
  return compareText(toHex(keys.x), toHex(than.x)) < 0;
}
