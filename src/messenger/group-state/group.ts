/** A group while the node runs: its stored row, its membership log, and what follows from that. */

import { type AccountId, fromUtf8, readU32 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Announced,
  type Author,
  type Entry,
  emptyLog,
  entriesIn,
  type GenerationId,
  type GroupState,
  type MemberId,
  type OpId,
  type OpLog,
  replay,
  type StreamId,
  settingFields,
} from "../../group/index.ts";
import type { GroupStanding } from "../../model/index.ts";
import {
  decodeGroupOp,
  type GroupAck,
  type GroupKeyPackage,
  splitSignature,
} from "../../wire/index.ts";
import type { GroupOwner, GroupOwnerRow, GroupPerson } from "../model/owner.ts";
import { type HeldKeys, noKeys } from "./held-keys.ts";
import { HeldRecords } from "./held-records.ts";
import { SealedMessages } from "./sealed-messages.ts";
import { MessageStreams, markSeen } from "./streams.ts";

/** A group as it is stored: one immutable value, replaced whole when something changes. */
export interface GroupRow extends GroupOwnerRow {
  readonly standing: GroupStanding;
  /** When this node made or joined the group, ms since 1970. */
  readonly joinedAt: number;
  /**
   * Who added this node, and the heads of the log that it had then, as the welcome states them:
   * absent where this node made the group.
   */
  readonly welcome?: { readonly from: AccountId; readonly heads: readonly OpId[] };
  readonly us: MemberId;
  /** Seed of the Ed25519 member key that signs our operations, 32 bytes. */
  readonly memberSeed: Uint8Array;
}

export interface Group extends GroupOwner {
  row: GroupRow;
  /** The operations whose parents are all here. */
  readonly log: OpLog;
  /** The replay of `log`; replaced whole when an operation is added. */
  state: GroupState;
  /** Position of the next operation among the rows of the log. */
  nextOp: number;
  readonly keys: HeldKeys;
  readonly records: HeldRecords;
  readonly sealed: SealedMessages;
  /** The newest acknowledgements of each member for each stream, by `ackName`. */
  readonly acks: Map<string, HeldAck>;
  /** Signing keys of streams, ours included. */
  readonly signers: Map<StreamId, Signer>;
  /** The newest key package of each member. */
  readonly packages: Map<MemberId, MemberPackage>;
  /** What is known of the streams of its messages. */
  readonly streams: MessageStreams;
}

/** Whose key signs the messages of a stream, and whether it was authenticated to us. */
export interface Signer {
  readonly stream: StreamId;
  readonly member: MemberId;
  readonly generation: GenerationId;
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array;
  readonly confirmed: boolean;
}

/** A key package as others seal to it, and the item that keeps it. */
export interface MemberPackage {
  readonly keys: GroupKeyPackage;
  readonly item: number;
}

/** An acknowledgement, and the item that keeps it. */
export interface HeldAck {
  readonly ack: GroupAck;
  readonly item: number;
}

/** A group with an empty log. */
export function newGroup(crypto: CryptoProvider, row: GroupRow): Group {
  const log = emptyLog();
  const streams = new MessageStreams(row.us);
  return {
    ...{ kind: "group", row, log, state: replay(log), nextOp: 0 },
    ...{ keys: noKeys(), records: new HeldRecords(crypto, row.ref), sealed: new SealedMessages() },
    ...{ acks: new Map(), signers: new Map(), packages: new Map() },
    ...{ outbox: new Map(), pendingTexts: [], removed: false },
    streams,
    person: (member) => personIn(log, member),
    seen(unseen) {
      const draft = streams.draft(row.ref);
      markSeen(draft, unseen);
      return { ops: draft.ops(), applied: () => draft.take() };
    },
  };
}

/** What this node is in a group by the operations that are here. */
export function standingOf({ row, log, state }: Group): GroupStanding {
  const { us, welcome, standing } = row;
  if (state.dissolved) return "dissolved";
  if (state.members.has(us)) return standing === "behind" ? "behind" : "member";
  if (welcome !== undefined && !welcome.heads.every((head) => log.ops.has(head))) return "welcomed";
  return state.cutoffs.has(us) ? "removed" : "left";
}

/** What the newest entry in a log says of an account that is or was a member. */
function personIn(log: OpLog, member: MemberId): GroupPerson | undefined {
  let newest: Entry | undefined;
  for (const op of log.ops.values())
    for (const entry of entriesIn(op))
      if (entry.member === member && entry.createdAt >= (newest?.createdAt ?? 0)) newest = entry;
  return newest && { account: newest.account, name: newest.name };
}

/** This node as the author of operations. */
export function authorOf(crypto: CryptoProvider, { us, memberSeed }: GroupRow): Author {
  return { member: us, key: crypto.signingFromSeed(memberSeed) };
}

/** The value of a setting; empty where it is not set. */
export function settingOf({ state }: Group, field: keyof typeof settingFields): Uint8Array {
  return state.settings.get(settingFields[field]) ?? new Uint8Array();
}

/** How long new messages of the group are kept, ms; 0: forever. */
export function timerOf({ state }: Group): number {
  const value = state.settings.get(settingFields.timer);
  return value?.length === 8 ? readU32(value) * 2 ** 32 + readU32(value.subarray(4)) : 0;
}

/** The name that the members gave the group; empty before its create operation is here. */
export function nameOf(group: Group): string {
  return fromUtf8(settingOf(group, "name")) ?? "";
}

/** The announcement that a removal carries. */
export function announcedIn(
  { row }: Pick<Group, "row">,
  signed: Uint8Array,
  {
    id,
    parents,
    action,
  }: {
    readonly id: OpId;
    readonly parents: readonly OpId[];
    readonly action: { readonly kind: string };
  },
): Announced | undefined {
  if (action.kind !== "remove") return undefined;
  const parts = splitSignature(signed);
  const op = parts && decodeGroupOp(parts.bytes)?.action;
  if (op?.kind !== "remove") return undefined;
  return { group: row.id, announcement: op.announcement, removal: { id, parents } };
}
