/** Authors operations of a group: each is signed, replayed and committed before it takes effect. */

import { never, SottoError, toBase32, wipe } from "../../base/index.ts";
import { accountFromEntropy } from "../../crypto/index.ts";
import {
  authorCreate,
  authorOp,
  keyPackageHash,
  keysOf,
  makeEntry,
  memberOf,
  newKeyPackage,
  type Op,
  opCapacity,
  place,
  replay,
  signKeyPackage,
} from "../../group/index.ts";
import type { GroupStanding } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { encodeGroupKeyPackage, type GroupAction, joinGroupRecord } from "../../wire/index.ts";
import { newConversation } from "../model/conversation.ts";
import { typedName } from "../model/name-keys.ts";
import { putGroup } from "../state/change-contact.ts";
import { accountEntropy } from "../state/identity.ts";
import { type Change, makeNow } from "./generations.ts";
import { authorOf, type Group, type GroupRow, newGroup } from "./group.ts";
import type { AuthorContext } from "./group-context.ts";
import { commitOrReload, putOp } from "./group-store.ts";
import { groupEvent } from "./group-views.ts";
import { putPackage } from "./held-keys.ts";
import type { ItemRow } from "./held-records.ts";

/** What an operation does that is authored in a group that exists. */
export type LaterAction = Exclude<GroupAction, { kind: "create" }>;

/**
 * Makes a group whose only member is this node, its owner, with its first generation, in one
 * batch. Throws name-invalid.
 */
export async function createGroup(context: AuthorContext, text: string): Promise<Group> {
  const { crypto, store, eventLog, clock, groups, identity, viewer } = context;
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
  const made = authorCreate(crypto, memberKey, { name, founder, settings: [] }, now);
  const { op, group: id, signed } = made;
  const { alias, release } = groups.holdAlias(name);
  const ref = toBase32(crypto.random(16));
  const us = memberOf(crypto, id, identity.accountKey);
  const group = newGroup(crypto, {
    ...{ ref, id, alias, standing: "member", joinedAt: now },
    conversation: newConversation(ref),
    ...{ us, memberSeed: memberKey.seed },
  });
  // Nobody else knows of the group yet: it is thrown away where the commit fails.
  place(group.log, op);
  group.state = replay(group.log);
  group.records.addOp(op, signed, 0);
  group.nextOp = 1;
  const keys = signKeyPackage(crypto, undefined, us, memberKey, secrets);
  const item: ItemRow = { kind: "key-package", bytes: encodeGroupKeyPackage(keys), depth: 0 };
  const at = group.records.nextItem();
  group.records.addItem(at, item);
  group.packages.set(us, { keys, item: at });
  group.keys.packages.set(secrets.number, secrets);
  const generation = makeNow(context, group);
  const rows = [
    ...[putGroup(group.row), putOp(group.row, 0, signed), putPackage(ref, secrets)],
    ...[group.records.putItem(at, item), ...(generation?.ops ?? [])],
  ];
  try {
    const tell = await eventLog.commit(rows, [groupEvent(viewer, group)]);
    generation?.apply();
    groups.add(group);
    tell();
  } finally {
    release();
  }
  return group;
}

/**
 * Authors an operation on the heads of the log and commits it, with other rows, in one batch, and
 * reports that the group changed. The caller has checked that this node may do it. Requires the
 * lock of the group. Throws group-full.
 * @param more of the operation that is about to be committed.
 */
export async function author(
  context: AuthorContext,
  group: Group,
  action: LaterAction,
  rows: readonly StoreOp[] = [],
  more: (op: Op) => Change | undefined = () => undefined,
): Promise<void> {
  const { crypto, clock, viewer, spread } = context;
  const { row, log, records } = group;
  if (opCapacity(log, row.us, action.kind) === "full")
    throw new SottoError("group-full", "The membership log of this group is full.");
  const us = authorOf(crypto, row);
  const { op, signed } = authorOp(crypto, row.id, log, us, action, clock.now());
  wipe(us.key.seed);
  const next = { ...row, standing: standingAfter(row, action) };
  const changed = next.standing === row.standing ? [] : [putGroup(next)];
  const at = group.nextOp;
  const change = more(op);
  const ops = [putOp(row, at, signed), ...changed, ...rows, ...(change?.ops ?? [])];
  const tell = await commitOrReload(context, group, ops, [groupEvent(viewer, group)]);
  group.nextOp = at + 1;
  place(log, op);
  group.state = replay(log);
  records.addOp(op, signed, at);
  group.row = next;
  change?.apply();
  tell();
  spread(group, [joinGroupRecord({ kind: "op", bytes: signed }), ...(change?.fresh ?? [])]);
}

/** What this node is in the group after an operation of its own. */
function standingAfter({ standing }: GroupRow, { kind }: LaterAction): GroupStanding {
  switch (kind) {
    case "leave":
      return "left";
    case "dissolve":
      return "dissolved";
    case "add":
    case "remove":
    case "role":
    case "set":
    case "invite":
    case "revoke":
    case "renew":
      return standing;
    default:
      return never(kind);
  }
}
