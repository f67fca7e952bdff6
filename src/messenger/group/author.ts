/** Authors operations of a group: each is signed, replayed and committed before it takes effect. */

import { SottoError, toBase32, wipe } from "../../base/index.ts";
import { accountFromEntropy } from "../../crypto/index.ts";
import {
  authorCreate,
  authorOp,
  keyPackageHash,
  keysOf,
  makeEntry,
  memberOf,
  newKeyPackage,
  opCapacity,
  place,
  replay,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { GroupAction } from "../../wire/index.ts";
import { newConversation } from "../model/conversation.ts";
import { typedName } from "../model/name-keys.ts";
import { putGroup } from "../state/change-contact.ts";
import { accountEntropy } from "../state/identity.ts";
import { authorOf, type Group, newGroup } from "./group.ts";
import { type GroupContext, putOp } from "./group-store.ts";

/** What an operation does that is authored in a group that exists. */
export type LaterAction = Exclude<GroupAction, { kind: "create" }>;

/** Makes a group whose only member is this node, its owner. Throws name-invalid. */
export async function createGroup(context: GroupContext, text: string): Promise<Group> {
  const { crypto, store, clock, groups, identity } = context;
  const name = typedName(text);
  const entropy = await accountEntropy(store);
  const account = accountFromEntropy(crypto, entropy);
  const memberKey = crypto.signingFromSeed(crypto.random(32));
  const secrets = newKeyPackage(crypto, 1);
  const founder = makeEntry(crypto, {
    ...{ account, memberKey, certificate: identity.certificate, name: identity.name },
    package: keyPackageHash(crypto, keysOf(secrets)),
  });
  wipe(entropy, account.seed);
  const now = clock.now();
  const {
    op,
    group: id,
    signed,
  } = authorCreate(crypto, memberKey, { name, founder, settings: [] }, now);
  const { alias, release } = groups.holdAlias(name);
  const ref = toBase32(crypto.random(16));
  const group = newGroup({
    ...{ ref, id, alias, standing: "member", joinedAt: now },
    conversation: newConversation(ref),
    us: memberOf(crypto, id, identity.accountKey),
    memberSeed: memberKey.seed,
    packages: [secrets],
  });
  try {
    await store.commit([putGroup(group.row), putOp(group.row, 0, signed)]);
  } finally {
    release();
  }
  place(group.log, op);
  group.state = replay(group.log);
  group.nextOp = 1;
  groups.add(group);
  return group;
}

/**
 * Authors an operation on the heads of the log and commits it, with other rows, in one batch. The
 * caller has checked that this node may do it. Requires the lock of the group. Throws group-full.
 */
export async function author(
  context: GroupContext,
  group: Group,
  action: LaterAction,
  rows: readonly StoreOp[] = [],
): Promise<void> {
  const { crypto, store, clock } = context;
  const { row, log } = group;
  if (opCapacity(log, row.us, action.kind) === "full")
    throw new SottoError("group-full", "The membership log of this group is full.");
  const us = authorOf(crypto, row);
  const { op, signed } = authorOp(crypto, row.id, log, us, action, clock.now());
  wipe(us.key.seed);
  await store.commit([putOp(row, group.nextOp, signed), ...rows]);
  group.nextOp++;
  place(log, op);
  group.state = replay(log);
}
