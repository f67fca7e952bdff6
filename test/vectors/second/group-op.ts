/**
 * SPEC §13, which ops are read, wait or are refused, read aloud. Of the actions the vectors have create, add, leave, renew and unknown ones; the
 * limit of 10,000 ops is not among them.
 */
import { bytes, type Fields, type Json, list, spelled, written } from "../notation.ts";
import { parse, take } from "./formats.ts";
import { goodKey, label, sha256, verified } from "./primitives.ts";

interface Entry {
  readonly raw: Buffer;
  readonly account: Buffer;
  readonly member: string;
  readonly memberKey: Buffer;
  readonly createdAt: number;
}
interface Op {
  readonly id: string;
  readonly parents: readonly string[];
  readonly depth: number;
  readonly author: string;
  readonly action: string;
  readonly entries: readonly Entry[];
}
type Log = Map<string, Op>;
type Said = Record<string, number | Uint8Array | Uint8Array[]>;

const cat = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
const hash = (name: string, ...parts: Uint8Array[]): Buffer => sha256(cat(label(name), ...parts));
const hex = (from: Uint8Array): string => Buffer.from(from).toString("hex");
const blob = (from: Said, name: string): Buffer => Buffer.from((from[name] as Uint8Array) ?? Buffer.alloc(0));
const many = (from: Said, name: string): Uint8Array[] => (from[name] as Uint8Array[]) ?? [];

const OP = { 1: ["group", "b"], 2: ["parents", "[]"], 3: ["depth", "#"], 4: ["author", "b"], 5: ["at", "#"] } as const;
const ENTRY = { 1: ["certificate", "b"], 2: ["memberKey", "b"], 3: ["keySignature", "b"], 4: ["package", "b"], 5: ["name", "b"], 10: ["consent", "b"] } as const;
const LENGTHS: Readonly<Record<string, number>> = { certificate: 136, memberKey: 32, keySignature: 64, package: 32, consent: 64, group: 16, author: 16 };
const KNOWN = ["create", "add", "remove", "role", "leave", "set", "invite", "revoke", "renew", "dissolve"];

const hasLengths = (from: Said): boolean =>
  Object.entries(from).every(([name, value]) => !(name in LENGTHS) || (value as Uint8Array).length === LENGTHS[name]);

/** The entry, or what is wrong with it. */
function entryOf(group: Uint8Array, raw: Uint8Array, consents: boolean): Entry | "form" | "entry" {
  const said = take(raw, ENTRY);
  if (said === undefined || !hasLengths(said) || Object.keys(LENGTHS).slice(0, 4).some((name) => !(name in said)) || !("name" in said)) return "form";
  const [certificate, memberKey] = [blob(said, "certificate"), blob(said, "memberKey")];
  const [account, device] = [certificate.subarray(0, 32), certificate.subarray(32, 64)];
  if (!goodKey(device) || !verified(account, cat(label("device certificate"), certificate.subarray(32, 72)), certificate.subarray(72))) return "entry";
  if (!verified(account, cat(label("group member key"), memberKey, device), blob(said, "keySignature"))) return "entry";
  if ("consent" in said !== consents) return "entry";
  if (consents && !verified(memberKey, cat(label("group consent"), group, blob(said, "package")), blob(said, "consent"))) return "entry";
  const member = hex(hash("group member", group, account).subarray(0, 16));
  return { raw: Buffer.from(raw), account, member, memberKey, createdAt: Number(certificate.readBigUInt64BE(64)) };
}

/** Every op that is in the past of one with these parents, or a parent. */
function pastOf(log: Log, parents: readonly string[]): Op[] {
  const found = new Map<string, Op>();
  const waiting = [...parents];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const op = log.get(id);
    if (op === undefined || found.has(id)) continue;
    found.set(id, op);
    waiting.push(...op.parents);
  }
  return [...found.values()];
}

type Read = { readonly op: Op } | { readonly missing: string[] } | { readonly refused: string };

function read(log: Log, group: Buffer, signed: Uint8Array): Read {
  if (signed.length <= 64 || signed.length > 16_384) return { refused: "size" };
  const [whole, signature] = [signed.subarray(0, -64), signed.subarray(-64)];
  const said = take(whole, OP);
  const actions = (parse(whole) ?? []).filter(({ number }) => number >= 16);
  const [acted] = actions;
  if (said === undefined || acted === undefined || actions.length > 1 || !hasLengths(said)) return { refused: "form" };
  if (!("depth" in said) || !("at" in said)) return { refused: "form" };
  const action = KNOWN[acted.number - 16] ?? "newer";
  const first = action === "create";
  if ("group" in said === first || "author" in said === first) return { refused: "form" };
  const parents = many(said, "parents").map(hex);
  if (parents.length > 16 || parents.some((id, i) => id.length !== 64 || (i > 0 && (parents[i - 1] as string) >= id))) return { refused: "form" };
  const id = hash("group op id", whole);
  const named = first ? id.subarray(0, 16) : blob(said, "group");
  if (!named.equals(group)) return { refused: "group" };

  const inner = take(acted.value, action === "add" ? { 1: ["entries", "[]"], 2: ["historyFrom", "b"], 3: ["role", "#"], 4: ["link", "b"] } : action === "create"
    ? { 1: ["name", "b"], 2: ["entry", "b"], 3: ["salt", "b"], 4: ["settings", "[]"] } : { 1: ["entry", "b"], 2: ["accountSignature", "b"] });
  const raw = action === "add" ? many(inner ?? {}, "entries") : ["create", "renew"].includes(action) ? [blob(inner ?? {}, "entry")] : [];
  const entries: Entry[] = [];
  for (const one of raw) {
    const entry = entryOf(group, one, action === "add");
    if (typeof entry === "string") return { refused: entry };
    entries.push(entry);
  }

  const missing = parents.filter((parent) => !log.has(parent));
  if (missing.length > 0) return { missing };
  const depth = parents.length === 0 ? 0 : 1 + Math.max(...parents.map((parent) => (log.get(parent) as Op).depth));
  if (said.depth !== depth || first !== (parents.length === 0)) return { refused: "past" };

  const [stated] = entries;
  const author = first ? (stated as Entry).member : hex(blob(said, "author"));
  const older = pastOf(log, parents)
    .flatMap((op) => op.entries.map((entry) => ({ op, entry })))
    .filter(({ entry }) => entry.member === author)
    .sort((a, b) => a.entry.createdAt - b.entry.createdAt || a.op.depth - b.op.depth || (a.op.id < b.op.id ? -1 : 1));
  const own = action === "create" || action === "renew" ? stated : older.at(-1)?.entry;
  const claim = cat(label("group op signature"), first ? Buffer.alloc(16) : group, whole);
  if (own === undefined || !verified(own.memberKey, claim, signature)) return { refused: "signature" };
  if (action === "renew") {
    const ids = parents.map((parent) => Buffer.from(parent, "hex"));
    const byAccount = cat(label("group renew"), group, Buffer.from([ids.length]), ...ids, own.raw);
    if (older.length === 0 || own.member !== author || !verified(own.account, byAccount, blob(inner ?? {}, "accountSignature"))) return { refused: "signature" };
  }
  return { op: { id: hex(id), parents, depth, author, action, entries } };
}

export const groupOp: Readonly<Record<string, (given: Fields) => Json>> = {
  "group.op.read": (given) => {
    const [log, group] = [new Map<string, Op>(), Buffer.from(bytes(given, "group"))];
    for (const one of list(given, "log")) {
      const before = read(log, group, spelled(String(one)));
      if ("op" in before) log.set(before.op.id, before.op);
    }
    const found = read(log, group, bytes(given, "op"));
    if ("missing" in found) return { missing: found.missing.map((id) => written(Buffer.from(id, "hex"))) };
    if ("refused" in found) return { refused: found.refused };
    const { id, author, depth, action } = found.op;
    return { action, author: written(Buffer.from(author, "hex")), depth, id: written(Buffer.from(id, "hex")) };
  },
};
