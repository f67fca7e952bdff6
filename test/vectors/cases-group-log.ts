/** Cases of groups: which ops are read, wait or are refused. */
import { concat, labels, utf8 } from "../../src/base/index.ts";
import { certify, nobleCrypto, type SigningKeyPair } from "../../src/crypto/index.ts";
import { emptyLog, place } from "../../src/group/causality.ts";
import { makeEntry, memberOf } from "../../src/group/entry.ts";
import { groupId, memberId, opId } from "../../src/group/ids.ts";
import { authorCreate, authorOp, renewClaim } from "../../src/group/signed-op.ts";
import { encodeGroupOp, type GroupAction, type GroupEntry, type GroupOp, joinSignature } from "../../src/wire/index.ts";
import { seeded } from "../ratchet/support.ts";
import type { Case } from "./chapters.ts";
import { written } from "./notation.ts";

const chance = seeded("vectors of a group's log");
const crypto = nobleCrypto(chance);

function person(name: string) {
  const [account, memberKey, device] = [crypto.signingFromSeed(chance(32)), crypto.signingFromSeed(chance(32)), crypto.dhGenerate()];
  return { account, memberKey, certificate: certify(crypto, account, device.public, 1_000), package: chance(32), name };
}
const [alice, bob, stranger] = [person("Alice"), person("Bob"), person("Carol")];
const { op: first, group, signed: create } = authorCreate(crypto, alice.memberKey, { name: "club", founder: makeEntry(crypto, alice), settings: [] }, 7);
const log = emptyLog();
place(log, first);
const authorOf = ({ account, memberKey }: typeof alice) => ({ member: memberOf(crypto, group, account.public), key: memberKey });
const act = (who: typeof alice, action: Exclude<GroupAction, { kind: "create" }>) => {
  const made = authorOp(crypto, group, log, authorOf(who), action, 8);
  place(log, made.op);
  return made;
};
const entryOfBob = makeEntry(crypto, bob, group);
const add = act(alice, { kind: "add", entries: [entryOfBob], role: 2 });
const leave = act(bob, { kind: "leave" });
const newer = { ...bob, certificate: certify(crypto, bob.account, crypto.dhGenerate().public, 2_000), memberKey: crypto.signingFromSeed(chance(32)) };
const renewed = makeEntry(crypto, newer);
const parents = [leave.op.id];

/** An op with one thing changed, signed over what it then says. */
function op(fields: Partial<GroupOp>, key: SigningKeyPair = alice.memberKey, inClaim = group): Uint8Array {
  const bytes = encodeGroupOp({
    group: groupId.bytes(group),
    parents: [opId.bytes(leave.op.id)],
    depth: leave.op.depth + 1,
    author: memberId.bytes(authorOf(alice).member),
    at: 9,
    action: { kind: "leave" },
    ...fields,
  });
  return joinSignature(bytes, crypto.sign(key, concat(utf8(labels.groupOpSignature), groupId.bytes(inClaim), bytes)));
}
const adding = (entry: Partial<GroupEntry>): Uint8Array => op({ action: { kind: "add", entries: [{ ...makeEntry(crypto, stranger, group), ...entry }], role: 2 } });
const without = ({ consent: _, ...entry }: GroupEntry): GroupEntry => entry;
const renewal = (accountSignature: Uint8Array, key = newer.memberKey): Uint8Array =>
  op({ author: memberId.bytes(authorOf(bob).member), action: { kind: "renew", entry: renewed, accountSignature } }, key);
const byAccount = crypto.sign(bob.account, renewClaim(group, renewed, parents));
/** A field that no reader knows, in place of an action: number 40, two bytes. */
const unknown = (() => {
  const whole = op({});
  const bytes = concat(whole.subarray(0, whole.length - 64 - 3), Uint8Array.of(0xc2, 2, 2, 7, 7));
  return joinSignature(bytes, crypto.sign(alice.memberKey, concat(utf8(labels.groupOpSignature), groupId.bytes(group), bytes)));
})();

const ops = [create, add.signed, leave.signed];
const read = (name: string, from: Uint8Array, refused?: string, before: readonly Uint8Array[] = ops): Case => ({
  name,
  operation: "group.op.read",
  given: { group: written(groupId.bytes(group)), log: before.map(written), op: written(from) },
  ...(refused !== undefined && { expected: { refused } }),
});
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

export const groupLogCases: readonly Case[] = [
  read("a create op", create, undefined, []),
  read("an add", add.signed, undefined, [create]),
  read("a leave by the one that was added", leave.signed, undefined, [create, add.signed]),
  read("a renewal", renewal(byAccount)),
  read("an action of a newer version", unknown),
  read("a parent that is missing", leave.signed, undefined, [create]),
  read("64 bytes", leave.signed.slice(-64), "size"),
  read("16 385 bytes", new Uint8Array(16_385), "size"),
  read("a field twice", joinSignature(concat(leave.signed.subarray(0, -64), Uint8Array.of(8 * 5, 1)), leave.signed.subarray(-64)), "form"),
  read("two actions", joinSignature(concat(leave.signed.subarray(0, -64), Uint8Array.of(0xca, 1, 0)), leave.signed.subarray(-64)), "form"),
  read("parents out of order", op({ parents: [opId.bytes(first.id), opId.bytes(leave.op.id)].sort((a, b) => Buffer.compare(b, a)) }), "form"),
  read("a parent twice", op({ parents: [opId.bytes(leave.op.id), opId.bytes(leave.op.id)] }), "form"),
  read("another group", op({ group: chance(16) }), "group"),
  read("an entry without consent", op({ action: { kind: "add", entries: [without(makeEntry(crypto, stranger, group))], role: 2 } }), "entry"),
  read("a consent for another group", adding({ consent: makeEntry(crypto, stranger, groupId.from(chance(16))).consent as Uint8Array }), "entry"),
  read("a member key that the account did not sign", adding({ memberKey: bob.memberKey.public }), "entry"),
  read("a certificate that was changed", adding({ certificate: flipped(stranger.certificate, 71) }), "entry"),
  read("a depth that does not follow", op({ depth: leave.op.depth + 2 }), "past"),
  read("a second create op", authorCreate(crypto, bob.memberKey, { name: "club", founder: makeEntry(crypto, bob), settings: [] }, 7).signed, "group"),
  read("no parents", op({ parents: [], depth: 0 }), "past"),
  read("another member's key", op({}, bob.memberKey), "signature"),
  read("a signature for another group", op({}, alice.memberKey, groupId.from(chance(16))), "signature"),
  read("a signature that was changed", flipped(op({}), op({}).length - 64), "signature"),
  read("an author that was never added", op({ author: memberId.bytes(authorOf(stranger).member) }, stranger.memberKey), "signature"),
  read("a renewal without the account", renewal(byAccount.slice().reverse()), "signature"),
  read("a renewal by the old member key", renewal(byAccount, bob.memberKey), "signature"),
  read("the old member key after a renewal", op({ author: memberId.bytes(authorOf(bob).member), ...afterRenewal() }, bob.memberKey), "signature", [...ops, renewal(byAccount)]),
];

function afterRenewal(): Pick<GroupOp, "parents" | "depth"> {
  const bytes = renewal(byAccount).subarray(0, -64);
  return { parents: [crypto.sha256(concat(utf8(labels.groupOpId), bytes))], depth: leave.op.depth + 2 };
}
