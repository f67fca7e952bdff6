/** A group while the node runs: its stored row, its membership log, and what follows from that. */

import { fromUtf8, readU32 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Author,
  type Entry,
  emptyLog,
  entriesIn,
  type GroupState,
  type KeyPackageSecrets,
  type MemberId,
  type OpLog,
  replay,
  settingFields,
} from "../../group/index.ts";
import type { GroupOwner, GroupOwnerRow, GroupPerson } from "../model/owner.ts";
import { MessageStreams, markSeen } from "./streams.ts";

/** What this node is in a group. `behind`: it lacks the key of the newest generation. */
export type GroupStanding = "member" | "behind" | "left" | "removed" | "dissolved";

/** A group as it is stored: one immutable value, replaced whole when something changes. */
export interface GroupRow extends GroupOwnerRow {
  readonly standing: GroupStanding;
  /** When this node made or joined the group, ms since 1970. */
  readonly joinedAt: number;
  readonly us: MemberId;
  /** Seed of the Ed25519 member key that signs our operations, 32 bytes. */
  readonly memberSeed: Uint8Array;
  /** Secrets of our key packages, the newest last. */
  readonly packages: readonly KeyPackageSecrets[];
}

export interface Group extends GroupOwner {
  row: GroupRow;
  /** The operations whose parents are all here. */
  readonly log: OpLog;
  /** The replay of `log`; replaced whole when an operation is added. */
  state: GroupState;
  /** Position of the next operation among the rows of the log. */
  nextOp: number;
  /** What is known of the streams of its messages. */
  readonly streams: MessageStreams;
}

/** A group with an empty log. */
export function newGroup(row: GroupRow): Group {
  const log = emptyLog();
  const streams = new MessageStreams(row.us);
  return {
    ...{ kind: "group", row, log, state: replay(log), nextOp: 0 },
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

/** How long new messages of the group are kept, ms; 0: forever. */
export function timerOf({ state }: Group): number {
  const value = state.settings.get(settingFields.timer);
  return value?.length === 8 ? readU32(value) * 2 ** 32 + readU32(value.subarray(4)) : 0;
}

/** The name that the members gave the group; empty before its create operation is here. */
export function nameOf({ state }: Group): string {
  return fromUtf8(state.settings.get(settingFields.name) ?? new Uint8Array()) ?? "";
}
