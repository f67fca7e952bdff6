/** Accounts with their devices and member keys, for tests that sign for real. */
import { concat } from "../../src/base/index.ts";
import {
  accountFromEntropy,
  type CryptoProvider,
  certify,
  nodeCrypto,
  type SigningKeyPair,
} from "../../src/crypto/index.ts";
import { emptyLog, type OpLog, place } from "../../src/group/causality.ts";
import { type EntryParts, makeEntry, memberOf } from "../../src/group/entry.ts";
import type { GroupId } from "../../src/group/ids.ts";
import { type Author, authorCreate, authorOp, type SignedOp } from "../../src/group/signed-op.ts";
import type { GroupAction, GroupEntry } from "../../src/wire/index.ts";

export const crypto: CryptoProvider = nodeCrypto();

export interface Person {
  readonly parts: EntryParts;
  readonly account: SigningKeyPair;
  author(group: GroupId): Author;
  entry(group?: GroupId): GroupEntry;
}

/** A person whose keys follow from the number, with a certificate of this time. */
export function person(number: number, createdAt = 1_000): Person {
  const seed = (purpose: number) =>
    crypto.sha256(concat(Uint8Array.of(purpose, number >> 8, number), new Uint8Array(8)));
  const account = accountFromEntropy(crypto, seed(1));
  const device = crypto.dhFromSecret(seed(2));
  const parts: EntryParts = {
    account,
    certificate: certify(crypto, account, device.public, createdAt),
    memberKey: crypto.signingFromSeed(
      concat(seed(3).subarray(0, 24), new Uint8Array(8).fill(createdAt % 251)),
    ),
    package: seed(4),
    name: `person ${number}`,
  };
  return {
    parts,
    account,
    author: (group) => ({
      member: memberOf(crypto, group, account.public),
      key: parts.memberKey,
    }),
    entry: (group) => makeEntry(crypto, parts, group),
  };
}

/** A group that the first person made, with a log. */
export function newGroup(founder: Person): {
  readonly group: GroupId;
  readonly log: OpLog;
  readonly created: SignedOp;
  act(author: Person, action: Exclude<GroupAction, { kind: "create" }>): SignedOp;
} {
  const create = { name: "club", founder: founder.entry(), settings: [] };
  const created = authorCreate(crypto, founder.parts.memberKey, create, 5);
  const log = emptyLog();
  place(log, created.op);
  return {
    group: created.group,
    log,
    created,
    act(author, action) {
      const op = authorOp(crypto, created.group, log, author.author(created.group), action, 6);
      place(log, op.op);
      return op;
    },
  };
}
