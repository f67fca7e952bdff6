/**
 * Operations with their signatures: authored by a member, and read from whatever bytes another node
 * gave (docs/SPEC.md, groups).
 *
 * What is refused here is refused by every member: it follows from the bytes and from the
 * operation's own past. Whether an operation has an effect is decided by `replay`.
 */
import { concat, labels, never, utf8 } from "../base/index.ts";
import type { CryptoProvider, SigningKeyPair } from "../crypto/index.ts";
import {
  decodeGroupOp,
  encodeGroupEntry,
  encodeGroupOp,
  type GroupAction,
  type GroupCut,
  type GroupOp,
  joinSignature,
  splitSignature,
} from "../wire/index.ts";
import { missingParents, type OpLog, pastOf, reaches } from "./causality.ts";
import { readEntry } from "./entry.ts";
import {
  type GroupId,
  groupId,
  linkId,
  type MemberId,
  memberId,
  type OpId,
  opId,
  streamId,
} from "./ids.ts";
import { newestEntry } from "./judgement.ts";
import { groupLimits } from "./limits.ts";
import type { Action, Cut, Entry, Op } from "./op.ts";

/** An operation and the bytes that are stored and passed on. */
export interface SignedOp {
  readonly op: Op;
  readonly group: GroupId;
  /** bytes ‖ signature 64; at most 16 KiB. */
  readonly signed: Uint8Array;
}

/** Why an operation is refused for good. */
export type OpRefusal = "size" | "form" | "group" | "entry" | "past" | "limit" | "signature";

export type OpReading =
  | (SignedOp & { readonly kind: "op" })
  /** It can be judged once these are in the log. */
  | { readonly kind: "waits"; readonly id: OpId; readonly missing: readonly OpId[] }
  | { readonly kind: "refused"; readonly why: OpRefusal };

const refused = (why: OpRefusal): OpReading => ({ kind: "refused", why });

/**
 * The operation that these bytes are.
 * @param group `undefined` while only the create operation is expected.
 */
export function readOp(
  crypto: CryptoProvider,
  group: GroupId | undefined,
  log: OpLog,
  signed: Uint8Array,
): OpReading {
  const parts = splitSignature(signed);
  if (parts === undefined) return refused("size");
  const decoded = decodeGroupOp(parts.bytes);
  if (decoded === undefined) return refused("form");
  const id = opIdOf(crypto, parts.bytes);
  const named = decoded.group === undefined ? groupOf(id) : groupId.from(decoded.group);
  if (group !== undefined && named !== group) return refused("group");
  const op = toOp(crypto, named, id, decoded);
  if (op === undefined) return refused("entry");
  if (!inByteOrder(op.parents)) return refused("form");
  const missing = missingParents(log, op);
  if (missing.length > 0) return { kind: "waits", id, missing };
  const past = pastOf(log, op);
  if (past === undefined) return refused("past");
  if (past.ownBefore >= groupLimits.opsOfAuthor) return refused("limit");
  return isSigned(crypto, named, log, op, decoded, parts)
    ? { kind: "op", op, group: named, signed }
    : refused("signature");
}

/**
 * Whether a member may author another operation: `scarce` from 40,000 in the group on, of which the
 * user is warned. At 50,000 only a leave, a removal and a dissolution are left, and after 10,000 of
 * its own a member has none: the others would refuse it.
 */
export function opCapacity(
  { ops, chains }: OpLog,
  author: MemberId,
  kind: Action["kind"],
): "free" | "scarce" | "full" {
  const own = (chains.byAuthor.get(author) ?? []).reduce(
    (sum, chain) => sum + (chains.lengths[chain] ?? 0),
    0,
  );
  if (own >= groupLimits.opsOfAuthor) return "full";
  if (ops.size >= groupLimits.ops && !endsSomething(kind)) return "full";
  return ops.size >= groupLimits.opsWarning ? "scarce" : "free";
}

function endsSomething(kind: Action["kind"]): boolean {
  switch (kind) {
    case "leave":
    case "remove":
    case "dissolve":
      return true;
    case "create":
    case "add":
    case "role":
    case "set":
    case "invite":
    case "revoke":
    case "renew":
    case "newer":
      return false;
    default:
      return never(kind);
  }
}

/** What a member signs operations with. */
export interface Author {
  readonly member: MemberId;
  readonly key: SigningKeyPair;
}

/**
 * Authors an operation on the heads of the log, without adding it there.
 * @param at the clock, ms since 1970; for display only.
 * @throws RangeError where a field breaks its bound, the operation is above 16 KiB or the group is
 * full (`opCapacity`).
 */
export function authorOp(
  crypto: CryptoProvider,
  group: GroupId,
  log: OpLog,
  author: Author,
  action: Exclude<GroupAction, { kind: "create" }>,
  at: number,
): SignedOp {
  if (opCapacity(log, author.member, action.kind) === "full")
    throw new RangeError("the group has no capacity for another operation of this member");
  const parents = newestHeads(log);
  const depth = 1 + Math.max(...parents.map((parent) => log.ops.get(parent)?.depth ?? 0));
  return sign(crypto, author.key, group, {
    group: groupId.bytes(group),
    parents: parents.map(opId.bytes),
    depth,
    author: memberId.bytes(author.member),
    at,
    action,
  });
}

/** Authors the create operation of a new group: its id is the first 16 bytes of the operation's. */
export function authorCreate(
  crypto: CryptoProvider,
  memberKey: SigningKeyPair,
  action: Omit<Extract<GroupAction, { kind: "create" }>, "kind" | "salt">,
  at: number,
): SignedOp {
  const create = { kind: "create" as const, salt: crypto.random(16), ...action };
  return sign(crypto, memberKey, undefined, { parents: [], depth: 0, at, action: create });
}

/** What the account signs in a renewal: label ‖ group ‖ n ‖ parents ‖ entry. */
export function renewClaim(
  group: GroupId,
  entry: Extract<GroupAction, { kind: "renew" }>["entry"],
  parents: readonly OpId[],
): Uint8Array {
  return concat(
    utf8(labels.groupRenew),
    groupId.bytes(group),
    Uint8Array.of(parents.length),
    ...parents.map(opId.bytes),
    encodeGroupEntry(entry),
  );
}

/** The heads that a new operation names: at most 16, the deepest ones, in byte order. */
export function newestHeads(log: OpLog): OpId[] {
  const heads = [...log.heads].sort(
    (a, b) => (log.ops.get(b)?.depth ?? 0) - (log.ops.get(a)?.depth ?? 0),
  );
  return heads.slice(0, groupLimits.heads).sort();
}

function sign(
  crypto: CryptoProvider,
  key: SigningKeyPair,
  group: GroupId | undefined,
  fields: GroupOp,
): SignedOp {
  const bytes = encodeGroupOp(fields);
  const id = opIdOf(crypto, bytes);
  const named = group ?? groupOf(id);
  const signed = joinSignature(bytes, crypto.sign(key, signatureClaim(group, bytes)));
  const op = toOp(crypto, named, id, fields);
  if (op === undefined || splitSignature(signed) === undefined)
    throw new RangeError("the operation is too long, or an entry of it is not valid");
  return { op, group: named, signed };
}

function isSigned(
  crypto: CryptoProvider,
  group: GroupId,
  log: OpLog,
  op: Op,
  { action }: GroupOp,
  { bytes, signature }: { readonly bytes: Uint8Array; readonly signature: Uint8Array },
): boolean {
  const entry = signerOf(log, op);
  if (entry === undefined) return false;
  const claim = signatureClaim(op.action.kind === "create" ? undefined : group, bytes);
  if (!crypto.verify(entry.memberKey, claim, signature)) return false;
  if (action.kind !== "renew") return true;
  const account = entry.certificate.subarray(0, 32);
  return crypto.verify(
    account,
    renewClaim(group, action.entry, op.parents),
    action.accountSignature,
  );
}

/** Whose member key signs: the author's newest entry in the past, or the one that is stated. */
function signerOf(log: OpLog, { action, author, parents }: Op): Entry | undefined {
  if (action.kind === "create") return action.founder;
  const heads = parents.flatMap((id) => log.ops.get(id) ?? []);
  const known = newestEntry(log.entries.get(author) ?? [], (op) => reaches(heads, op));
  if (action.kind !== "renew") return known;
  return known !== undefined && action.entry.member === author ? action.entry : undefined;
}

/** The operation with its ids and verified entries; `undefined` where an entry is not valid. */
function toOp(crypto: CryptoProvider, group: GroupId, id: OpId, from: GroupOp): Op | undefined {
  const action = toAction(crypto, group, from.action);
  if (action === undefined) return undefined;
  const author = action.kind === "create" ? action.founder.member : authorOf(from);
  if (author === undefined) return undefined;
  return { id, parents: from.parents.map(opId.from), depth: from.depth, author, action };
}

const authorOf = ({ author }: GroupOp): MemberId | undefined => author && memberId.from(author);

function toAction(
  crypto: CryptoProvider,
  group: GroupId,
  action: GroupOp["action"],
): Action | undefined {
  switch (action.kind) {
    case "create": {
      const founder = readEntry(crypto, group, action.founder, { consent: false });
      return founder && { kind: "create", founder, name: action.name, settings: action.settings };
    }
    case "add": {
      const entries = action.entries.flatMap(
        (entry) => readEntry(crypto, group, entry, { consent: true }) ?? [],
      );
      if (entries.length !== action.entries.length) return undefined;
      const role = action.role === 3 ? "reader" : "member";
      return { kind: "add", entries, role, ...(action.link && { link: linkId.from(action.link) }) };
    }
    case "remove":
      return {
        kind: "remove",
        targets: action.targets.map(memberId.from),
        cuts: action.cuts.map(toCut),
        ...(action.asOf.length > 0 && { asOf: action.asOf.map(opId.from) }),
      };
    case "role":
      return {
        kind: "role",
        target: memberId.from(action.target),
        role: ROLES[action.role - 1] ?? "member",
        cuts: action.cuts.map(toCut),
      };
    case "renew": {
      const entry = readEntry(crypto, group, action.entry, { consent: false });
      return entry && { kind: "renew", entry };
    }
    case "invite":
      return { kind: "invite", link: linkId.from(action.link), open: action.open === 1 };
    case "revoke":
      return { kind: "revoke", link: linkId.from(action.link) };
    case "set":
    case "leave":
    case "dissolve":
    case "newer":
      return action;
    default:
      return never(action);
  }
}

const ROLES = ["admin", "member", "reader"] as const;

function toCut({ member, stream, seq, hash }: GroupCut): Cut {
  return { member: memberId.from(member), stream: streamId.from(stream), seq, hash };
}

function opIdOf(crypto: CryptoProvider, bytes: Uint8Array): OpId {
  return opId.from(crypto.sha256(concat(utf8(labels.groupOpId), bytes)));
}

/** The group of a create operation. */
function groupOf(create: OpId): GroupId {
  return groupId.from(opId.bytes(create).subarray(0, 16));
}

/** label ‖ group (zeros in a create operation) ‖ bytes. */
function signatureClaim(group: GroupId | undefined, bytes: Uint8Array): Uint8Array {
  const named = group === undefined ? new Uint8Array(16) : groupId.bytes(group);
  return concat(utf8(labels.groupOpSignature), named, bytes);
}

function inByteOrder(ids: readonly OpId[]): boolean {
  return ids.every((id, i) => i === 0 || (ids[i - 1] as OpId) < id);
}
