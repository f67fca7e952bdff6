/** A group while the node runs: its stored row, its membership log, and what follows from that. */

import { fromUtf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Author,
  emptyLog,
  type GroupId,
  type GroupState,
  type KeyPackageSecrets,
  type MemberId,
  type OpLog,
  replay,
  settingFields,
} from "../../group/index.ts";

/** What this node is in a group. `behind`: it lacks the key of the newest generation. */
export type GroupStanding = "member" | "behind" | "left" | "removed" | "dissolved";

/** A group as it is stored: one immutable value, replaced whole when something changes. */
export interface GroupRow {
  /** Names the group in our own store: base32 of 16 random bytes. */
  readonly ref: string;
  readonly id: GroupId;
  /** What this node calls the group after `group:`; unique among groups. */
  readonly alias: string;
  readonly standing: GroupStanding;
  /** When this node made or joined the group, ms since 1970. */
  readonly joinedAt: number;
  readonly us: MemberId;
  /** Seed of the Ed25519 member key that signs our operations, 32 bytes. */
  readonly memberSeed: Uint8Array;
  /** Secrets of our key packages, the newest last. */
  readonly packages: readonly KeyPackageSecrets[];
}

export interface Group {
  row: GroupRow;
  /** The operations whose parents are all here. */
  readonly log: OpLog;
  /** The replay of `log`; replaced whole when an operation is added. */
  state: GroupState;
  /** Position of the next operation among the rows of the log. */
  nextOp: number;
  /** The user has forgotten the group: jobs that wait for its lock do nothing. */
  forgotten: boolean;
}

/** A group with an empty log. */
export function newGroup(row: GroupRow): Group {
  const log = emptyLog();
  return { row, log, state: replay(log), nextOp: 0, forgotten: false };
}

/** This node as the author of operations. */
export function authorOf(crypto: CryptoProvider, { us, memberSeed }: GroupRow): Author {
  return { member: us, key: crypto.signingFromSeed(memberSeed) };
}

/** The name that the members gave the group; empty before its create operation is here. */
export function nameOf({ state }: Group): string {
  return fromUtf8(state.settings.get(settingFields.name) ?? new Uint8Array()) ?? "";
}
