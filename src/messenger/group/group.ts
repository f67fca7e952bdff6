/** A group while the node runs: its stored row, its membership log, and what follows from that. */

import { fromUtf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Author,
  emptyLog,
  type GroupState,
  type KeyPackageSecrets,
  type MemberId,
  type OpLog,
  replay,
  settingFields,
} from "../../group/index.ts";
import type { GroupOwner, GroupOwnerRow } from "../model/owner.ts";

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
}

/** A group with an empty log. */
export function newGroup(row: GroupRow): Group {
  const log = emptyLog();
  return {
    ...{ kind: "group", row, log, state: replay(log), nextOp: 0 },
    ...{ outbox: new Map(), pendingTexts: [], removed: false },
  };
}

/** This node as the author of operations. */
export function authorOf(crypto: CryptoProvider, { us, memberSeed }: GroupRow): Author {
  return { member: us, key: crypto.signingFromSeed(memberSeed) };
}

/** The name that the members gave the group; empty before its create operation is here. */
export function nameOf({ state }: Group): string {
  return fromUtf8(state.settings.get(settingFields.name) ?? new Uint8Array()) ?? "";
}
