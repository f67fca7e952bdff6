/** WIRE §1, §4 and §7, read aloud. */
import { bytes, type Fields, fields, type Json, list, number, spelled, text, written } from "../notation.ts";
import { u32, u64 } from "./primitives.ts";
import { base32 } from "./rules.ts";

const NO_REASON = { refused: true };
const why = (refused: string) => ({ refused });
const zero = (from: Uint8Array) => from.every((byte) => byte === 0);
const utf8 = (from: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(from);
  } catch {
    return undefined;
  }
};

// §1
const BUCKETS = [256, 1024, 4096, 16_384, 81_920];
const bucket = (length: number) => BUCKETS.find((size) => size >= 4 + length) as number;

function frames(given: Fields): Json {
  const payloads: string[] = [];
  let held = Buffer.alloc(0);
  for (const chunk of list(given, "chunks")) {
    held = Buffer.concat([held, spelled(String(chunk))]);
    while (held.length >= 4) {
      const length = held.readUInt32BE(0);
      if (length === 0) return why("empty");
      if (length > 81_916) return why("too-long");
      if (held.length < bucket(length)) break;
      if (!zero(held.subarray(4 + length, bucket(length)))) return why("padding");
      payloads.push(written(held.subarray(4, 4 + length)));
      held = held.subarray(bucket(length));
    }
  }
  return { payloads, pending: held.length };
}

function linkFrame(payload: Uint8Array): Json {
  const [type = 0] = payload;
  const name = [undefined, "hello", "answer", "handshake", "ratchet", "ping", "pong", "group"][type];
  if (name === undefined || payload.length > 81_916) return NO_REASON;
  if (type === 7) return payload.length > 24 ? { message: written(payload.subarray(1)), type: name } : NO_REASON;
  if (type >= 5) return payload.length === 1 ? { type: name } : NO_REASON;
  if (type >= 3) return payload.length > 1 ? { message: written(payload.subarray(1)), type: name } : NO_REASON;
  const at = type === 1 ? 10 : 2;
  if (payload.length !== at + 113 || payload[1] !== 1) return NO_REASON;
  const [nonce, tag, sealed] = [payload.subarray(at, at + 32), payload.subarray(at + 32, at + 64), payload.subarray(at + 64)];
  const greeting = { nonce: written(nonce), sealed: written(sealed), tag: written(tag), type: name };
  return type === 1 ? { index: written(payload.subarray(2, 10)), ...greeting } : greeting;
}

function body(given: Fields, name: string, words: readonly string[]): Json {
  const whole = bytes(given, "body");
  const word = words[(whole[0] ?? 0) - 1];
  return whole.length === 33 && word ? { id: written(whole.subarray(1)), [name]: word } : NO_REASON;
}

// §4: Protocol Buffers
interface Found {
  readonly number: number;
  readonly type: number;
  readonly value: Uint8Array;
  /** Of a varint. */
  readonly count: bigint;
}

export function parse(from: Uint8Array): Found[] | undefined {
  const found: Found[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = from[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return byte === 0 && i > 0 ? undefined : value;
    }
    return undefined;
  };
  while (at < from.length) {
    const key = varint();
    if (key === undefined || key > 0xffffffffn || found.length === 64) return undefined;
    const [field, type] = [Number(key >> 3n), Number(key & 7n)];
    const start = at;
    const count = type === 0 || type === 2 ? varint() : 0n;
    if (field === 0 || count === undefined || ![0, 1, 2, 5].includes(type)) return undefined;
    const from_ = type === 2 ? at : start;
    const length = type === 2 ? Number(count) : type === 0 ? at - start : type === 1 ? 8 : 4;
    at = from_ + length;
    if (at > from.length) return undefined;
    found.push({ number: field, type, count, value: from.subarray(from_, at) });
  }
  return found;
}

/**
 * The fields that a schema names: type `#` for a count, `b` for bytes, `[]` for up to eight bytes;
 * undefined where one is not so.
 */
export function take(from: Uint8Array, schema: Readonly<Record<number, readonly [string, "#" | "b" | "[]"]>>, others?: (field: number) => void) {
  const found = parse(from);
  if (found === undefined) return undefined;
  const values: Record<string, number | Uint8Array | Uint8Array[]> = {};
  for (const { number: field, type, value, count } of found) {
    const [name, form] = schema[field] ?? [];
    if (name === undefined) {
      others?.(field);
      continue;
    }
    if (type !== (form === "#" ? 0 : 2) || count > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    if (form === "[]") values[name] = [...((values[name] as Uint8Array[]) ?? []), value];
    else if (name in values) return undefined;
    else values[name] = form === "#" ? Number(count) : value;
  }
  return values;
}

const ENVELOPE = {
  1: ["id", "b"], 2: ["sequence", "#"], 3: ["lamport", "#"], 4: ["parents", "[]"], 5: ["sentAt", "#"], 6: ["text", "b"], 7: ["settled", "#"],
  8: ["replyTo", "b"], 9: ["keep", "#"], 16: ["edit", "b"], 17: ["delete", "b"], 18: ["reaction", "b"], 19: ["timer", "b"], 20: ["hosts", "b"],
  24: ["groupInvite", "b"], 25: ["groupJoin", "b"], 26: ["groupWelcome", "b"],
} as const;

function message(from: Uint8Array): Json | undefined {
  const others: number[] = [];
  const found = take(from, ENVELOPE as unknown as Parameters<typeof take>[1], (field) => others.push(field));
  const { id, sequence, lamport, parents = [], sentAt, settled, ...said } = (found ?? {}) as {
    id?: Uint8Array; sequence?: number; lamport?: number; parents?: Uint8Array[]; sentAt?: number; settled?: number;
  } & Said;
  if (id?.length !== 16 || !sequence || !lamport || sentAt === undefined) return undefined;
  if (settled === undefined || settled >= sequence || parents.length > 8 || parents.some(({ length }) => length !== 16)) return undefined;
  const shown = bodyOf(said, others);
  return shown && { body: shown, id: written(id), lamport, parents: parents.map(written), sentAt, sequence, settled };
}

type Said = { [name in "text" | "replyTo" | "edit" | "delete" | "reaction" | "timer" | "hosts" | "groupInvite" | "groupJoin" | "groupWelcome"]?: Uint8Array } & { keep?: number };

const words = (from: Uint8Array | undefined, least: number, most: number) =>
  from && from.length >= least && from.length <= most ? utf8(from) : undefined;

function bodyOf({ text: line, replyTo, keep, ...acts }: Said, others: readonly number[]): Json | undefined {
  const known = Object.entries(acts);
  const newActs = others.filter((field) => field >= 16 && field < 32).length;
  const toShow = others.some((field) => field >= 32);
  if (known.length + newActs > 0) {
    if (known.length + newActs > 1 || toShow || line || replyTo || keep !== undefined) return undefined;
    const [kind, bytes] = known[0] ?? [];
    return kind && bytes ? act(kind, bytes) : { kind: "newer-act" };
  }
  const shown = line === undefined && toShow ? "" : words(line, 0, 65_536);
  if (shown === undefined || (replyTo && replyTo.length !== 16)) return undefined;
  if (keep !== undefined && (keep < 5000 || keep > 365 * 86_400_000)) return undefined;
  return { ...(keep && { keep }), kind: toShow ? "newer" : "text", ...(replyTo && { replyTo: written(replyTo) }), text: shown };
}

function hosts(from: Uint8Array): Json | undefined {
  const { address = [] } = (take(from, { 1: ["address", "[]"] }) ?? { address: [new Uint8Array(0)] }) as { address?: Uint8Array[] };
  const texts = address.map((one) => Buffer.from(one).toString("latin1"));
  return texts.length <= 2 && texts.every((one) => one.length <= 128 && /^\/[\x21-\x7e]+$/.test(one)) ? { hosts: texts, kind: "hosts" } : undefined;
}

/** Of answers to invitations only those that decline, which have a group alone. */
function invitation(kind: string, from: Uint8Array): Json | undefined {
  const { group, name, heads = [], members, founder, expires, lamport } = (take(from, {
    1: ["group", "b"],
    ...(kind === "groupInvite" && { 2: ["name", "b"], 3: ["members", "#"], 4: ["founder", "b"], 5: ["expires", "#"] }),
    ...(kind === "groupWelcome" && { 2: ["heads", "[]"], 8: ["lamport", "#"] }),
  } as Parameters<typeof take>[1]) ?? {}) as {
    group?: Uint8Array; name?: Uint8Array; heads?: Uint8Array[]; members?: number; founder?: Uint8Array; expires?: number; lamport?: number;
  };
  if (group?.length !== 16) return undefined;
  if (kind === "groupJoin") return { group: written(group), kind };
  if (kind === "groupWelcome")
    return isLamport(lamport, 0) && heads.length <= 16 && heads.every(({ length }) => length === 32)
      ? { group: written(group), heads: heads.map(written), kind, lamport: lamport as number }
      : undefined;
  const called = words(name, 1, 64);
  if (called === undefined || !members || members > 1000 || founder?.length !== 32 || expires === undefined) return undefined;
  return { expires, founder: written(founder), group: written(group), kind, members, name: called };
}

function act(kind: string, from: Uint8Array): Json | undefined {
  if (kind === "hosts") return hosts(from);
  if (kind.startsWith("group")) return invitation(kind, from);
  const second = kind === "edit" ? "text" : "emoji";
  const schema: Parameters<typeof take>[1] =
    kind === "timer" ? { 1: ["ms", "#"] } : { 1: ["target", "b"], ...(kind !== "delete" && { 2: [second, "b"] }) };
  const { ms, target, ...more } = (take(from, schema) ?? {}) as { ms?: number; target?: Uint8Array; text?: Uint8Array; emoji?: Uint8Array };
  if (kind === "timer")
    return ms === 0 || (ms && ms >= 5000 && ms <= 365 * 86_400_000) ? { kind, ms } : undefined;
  if (target?.length !== 16) return undefined;
  if (kind === "delete") return { kind, target: written(target) };
  const said = kind === "edit" ? words(more.text, 1, 65_536) : words(more.emoji, 0, 40);
  if (said === undefined || (kind === "reaction" && [...said].some(turns))) return undefined;
  return { [second]: said, kind, target: written(target) };
}

/** Control characters, line ends, and signs that turn the direction of writing. */
function turns(character: string): boolean {
  const code = character.codePointAt(0) as number;
  const within = (least: number, most: number) => code >= least && code <= most;
  return (
    within(0, 0x1f) || within(0x7f, 0x9f) || code === 0x61c || within(0x200e, 0x200f) || within(0x2028, 0x202e) || within(0x2066, 0x2069)
  );
}

function ack(from: Uint8Array): Json | undefined {
  const { upTo, bits, readUpTo } = (take(from, { 1: ["upTo", "#"], 2: ["bits", "b"], 3: ["readUpTo", "#"] }) ?? {}) as {
    upTo?: number; bits?: Uint8Array; readUpTo?: number;
  };
  if (upTo === undefined || bits === undefined || readUpTo === undefined || bits.length > 64 || bits.at(-1) === 0) return undefined;
  return { bits: written(bits), readUpTo, upTo };
}

const isLamport = (value: number | undefined, least: number) => value !== undefined && value >= least && value < 2 ** 52;

function settings(from: Uint8Array): Json | undefined {
  const { lamport, timer, addresses = [], groupKey } = (take(from, { 1: ["lamport", "#"], 2: ["timer", "b"], 3: ["addresses", "[]"], 4: ["groupKey", "b"] }) ?? {}) as {
    lamport?: number; timer?: Uint8Array; addresses?: Uint8Array[]; groupKey?: Uint8Array;
  };
  const said = addresses.map((one) => Buffer.from(one).toString("latin1"));
  if (!isLamport(lamport, 0) || said.length > 4 || !said.every(isHint)) return undefined;
  if (groupKey !== undefined && groupKey.length !== 32) return undefined;
  const rest = { addresses: said, ...(groupKey && { groupKey: written(groupKey) }), lamport: lamport as number };
  if (timer === undefined) return rest;
  const { ms, lamport: stamp, id, own } = (take(timer, { 1: ["ms", "#"], 2: ["lamport", "#"], 3: ["id", "b"], 4: ["own", "#"] }) ?? {}) as {
    ms?: number; lamport?: number; id?: Uint8Array; own?: number;
  };
  const lasts = ms === 0 || (ms !== undefined && ms >= 5000 && ms <= 31_536_000_000);
  if (!lasts || !isLamport(stamp, 1) || id?.length !== 16 || (own !== 0 && own !== 1)) return undefined;
  return { ...rest, timer: { id: written(id), lamport: stamp as number, ms, own } };
}

function content(from: Uint8Array): Json {
  const found = take(from, { 1: ["message", "b"], 2: ["ack", "b"], 3: ["typing", "#"], 4: ["settings", "b"] });
  if (found === undefined || (found.typing !== undefined && found.typing !== 1)) return NO_REASON;
  const read = found.message && message(found.message as Uint8Array);
  const acked = found.ack && ack(found.ack as Uint8Array);
  const set = found.settings && settings(found.settings as Uint8Array);
  if ((found.message && !read) || (found.ack && !acked) || (found.settings && !set)) return NO_REASON;
  return {
    ...(acked && { ack: acked as Json }), ...(read && { message: read as Json }),
    ...(set && { settings: set as Json }), ...(found.typing && { typing: true }),
  };
}

const varint = (value: number): Buffer => {
  const out: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
};
const count = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const blob = (field: number, value: Uint8Array) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);

function encodeBody(it: Fields): { before: Buffer[]; after: Buffer[] } {
  const kind = text(it, "kind");
  const only = (after: Buffer) => ({ before: [], after: [after] });
  if (kind === "timer") return only(blob(19, count(1, number(it, "ms"))));
  if (kind === "hosts") return only(blob(20, Buffer.concat((it.hosts as string[]).map((one) => blob(1, Buffer.from(one))))));
  if (kind === "groupInvite")
    return only(blob(24, Buffer.concat([
      blob(1, bytes(it, "group")), blob(2, Buffer.from(text(it, "name"))), count(3, number(it, "members")), blob(4, bytes(it, "founder")), count(5, number(it, "expires")),
    ])));
  if (kind === "groupJoin") return only(blob(25, blob(1, bytes(it, "group"))));
  if (kind === "groupWelcome")
    return only(blob(26, Buffer.concat([
      blob(1, bytes(it, "group")), ...list(it, "heads").map((head) => blob(2, spelled(String(head)))), count(8, number(it, "lamport")),
    ])));
  if (kind === "text")
    return {
      before: [blob(6, Buffer.from(text(it, "text")))],
      after: [
        ...("replyTo" in it ? [blob(8, bytes(it, "replyTo"))] : []),
        ...("keep" in it ? [count(9, number(it, "keep"))] : []),
      ],
    };
  const target = blob(1, bytes(it, "target"));
  if (kind === "delete") return only(blob(17, target));
  const said = Buffer.from(text(it, kind === "edit" ? "text" : "emoji"));
  return only(blob(kind === "edit" ? 16 : 18, Buffer.concat([target, blob(2, said)])));
}

function encodeSettings(it: Fields): Buffer {
  const timer = it.timer === undefined ? undefined : fields(it.timer);
  return Buffer.concat([
    count(1, number(it, "lamport")),
    ...(timer ? [blob(2, Buffer.concat([count(1, number(timer, "ms")), count(2, number(timer, "lamport")), blob(3, bytes(timer, "id")), count(4, number(timer, "own"))]))] : []),
    ...list(it, "addresses").map((one) => blob(3, Buffer.from(String(one)))),
    ...("groupKey" in it ? [blob(4, bytes(it, "groupKey"))] : []),
  ]);
}

function encodeContent({ message: said, ack: acked, typing, settings: set }: Fields): Json {
  const parts: Buffer[] = [];
  if (said) {
    const it = fields(said);
    const { before, after } = encodeBody(fields(it.body));
    parts.push(blob(1, Buffer.concat([
      blob(1, bytes(it, "id")), count(2, number(it, "sequence")), count(3, number(it, "lamport")),
      ...list(it, "parents").map((parent) => blob(4, spelled(String(parent)))),
      count(5, number(it, "sentAt")), ...before, count(7, number(it, "settled")), ...after,
    ])));
  }
  if (acked) {
    const it = fields(acked);
    parts.push(blob(2, Buffer.concat([count(1, number(it, "upTo")), blob(2, bytes(it, "bits")), count(3, number(it, "readUpTo"))])));
  }
  if (typing === true) parts.push(count(3, 1));
  if (set) parts.push(blob(4, encodeSettings(fields(set))));
  return { bytes: written(Buffer.concat(parts)) };
}

function payload(from: Uint8Array): Json {
  const { certificate, name, capabilities, madeAt, stream } = (take(from, {
    1: ["certificate", "b"], 2: ["name", "b"], 3: ["capabilities", "#"], 4: ["madeAt", "#"], 5: ["stream", "b"],
  }) ?? {}) as { certificate?: Uint8Array; name?: Uint8Array; capabilities?: number; madeAt?: number; stream?: Uint8Array };
  const said = name && name.length <= 256 ? utf8(name) : undefined;
  if (certificate?.length !== 136 || stream?.length !== 16 || said === undefined || madeAt === undefined) return NO_REASON;
  if (capabilities === undefined || capabilities >= 2 ** 32) return NO_REASON;
  return { capabilities, certificate: written(certificate), madeAt, name: said, stream: written(stream) };
}

/** Received sequences as a plain set, shown as an acknowledgement shows them. */
function received(given: Fields): Json {
  const [before, bits] = [number(given, "upTo"), bytes(given, "bits")];
  const all = new Set<number>();
  for (let i = 0; i < bits.length * 8; i++) if (((bits[i >> 3] as number) >> (i & 7)) & 1) all.add(before + 2 + i);
  const state = { upTo: before };
  const close = () => {
    while (all.delete(state.upTo + 1)) state.upTo += 1;
    for (const sequence of all) if (sequence <= state.upTo) all.delete(sequence);
  };
  for (const sequence of (given.sequences as number[] | undefined) ?? [])
    if (sequence > state.upTo && sequence <= state.upTo + 513) {
      all.add(sequence);
      close();
    }
  const floor = given.floor as number | undefined;
  if (floor !== undefined && floor > state.upTo) {
    if (floor > state.upTo + 513) all.clear();
    state.upTo = floor;
    close();
  }
  const out = Buffer.alloc(64);
  for (const sequence of all) {
    const bit = sequence - state.upTo - 2;
    out[bit >> 3] = (out[bit >> 3] as number) | (1 << (bit & 7));
  }
  const end = out.findLastIndex((byte) => byte !== 0) + 1;
  return { bits: written(out.subarray(0, end)), upTo: state.upTo };
}

// §7
export function crc(from: Uint8Array): Buffer {
  let sum = 0xffffffffn;
  for (const byte of from) {
    sum ^= BigInt(byte) << 24n;
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1n) ^ (sum >> 31n ? 0x104c11db7n : 0n)) & 0xffffffffn;
  }
  return u32(Number(sum ^ 0xffffffffn));
}

function unbase32(from: string): Buffer | undefined {
  const values = [...from.toLowerCase()].map((character) => "abcdefghijklmnopqrstuvwxyz234567".indexOf(character));
  const bits = values.map((value) => value.toString(2).padStart(5, "0")).join("");
  const whole = bits.length - (bits.length % 8);
  if (values.includes(-1) || bits.length - whole >= 5 || bits.slice(whole).includes("1")) return undefined;
  return Buffer.from((bits.slice(0, whole).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

const isHint = (hint: string) => /^\/[\x21-\x7e]{1,127}$/.test(hint);

function parseInvite(given: Fields): Json {
  const link = text(given, "link");
  const [, said] = /^sotto:(?:\/\/)?([a-z0-9]*)$/i.exec(link.replace(/\s/g, "")) ?? [];
  if (said === undefined || link.length > 4096) return why("invite-malformed");
  if (!/^[a-z2-7]*$/i.test(said)) return why("invite-mistyped");
  const head = unbase32(`${said.slice(0, 5)}aaa`);
  if (said.length < 5 || head === undefined) return why("invite-truncated");
  const first = head[0] as number;
  const whole = unbase32(said);
  const sound = whole && whole.length > 4 && crc(whole.subarray(0, -4)).equals(whole.subarray(-4));
  if (first >> 4 !== 1 || (first & 12) !== 0) return why(sound ? "invite-newer" : "invite-mistyped");
  const hinted = (first & 2) !== 0;
  const length = 57 + (hinted ? 2 + head.readUInt16BE(1) : 0);
  const characters = Math.ceil((length * 8) / 5);
  if (said.length !== characters) return why(said.length < characters ? "invite-truncated" : "invite-malformed");
  if (!whole || !sound) return why("invite-mistyped");
  const at = hinted ? 3 : 1;
  const hints: string[] = [];
  for (let i = at + 52; i < whole.length - 4; ) {
    const size = whole[i] as number;
    const hint = whole.subarray(i + 1, Math.min(i + 1 + size, whole.length - 4)).toString("latin1");
    if (hint.length !== size || !isHint(hint) || hints.push(hint) > 4) return why("invite-malformed");
    i += 1 + size;
  }
  if (hinted !== hints.length > 0) return why("invite-malformed");
  return {
    account: written(whole.subarray(at, at + 32)), expiresAt: whole.readUInt32BE(at + 48) * 60_000, hints,
    kind: first & 1 ? "reusable" : "once", secret: written(whole.subarray(at + 32, at + 48)),
  };
}

function encodeInvite(given: Fields): Json {
  const hints = list(given, "hints").map((hint) => Buffer.from(String(hint)));
  const block = Buffer.concat(hints.map((hint) => Buffer.concat([Buffer.from([hint.length]), hint])));
  const flags = (text(given, "kind") === "reusable" ? 1 : 0) | (hints.length > 0 ? 2 : 0);
  const size = hints.length > 0 ? u32(block.length).subarray(2) : Buffer.alloc(0);
  const fixed = [bytes(given, "account"), bytes(given, "secret"), u32(number(given, "expiresAt") / 60_000)];
  const all = Buffer.concat([Buffer.from([0x10 | flags]), size, ...fixed, block]);
  return { link: `sotto:${base32(Buffer.concat([all, crc(all)]))}` };
}

export const formats: Readonly<Record<string, (given: Fields) => Json>> = {
  "frame.encode": (given) => {
    const said = bytes(given, "payload");
    const frame = Buffer.alloc(bucket(said.length));
    frame.set(u32(said.length));
    frame.set(said, 4);
    return { frame: written(frame) };
  },
  "frame.decode": frames,
  "link-frame.decode": (given) => linkFrame(bytes(given, "payload")),
  "hello-body.decode": (given) => body(given, "mode", ["resume", "handshake", "group", "group-unclean"]),
  "answer-body.decode": (given) => body(given, "status", ["resume", "handshake", "used", "expired", "pending", "denied"]),
  "position.encode": (given) => {
    const numbers = [u64(number(given, "sealed")), u64(number(given, "received"))];
    return { position: written(Buffer.concat([bytes(given, "session"), ...numbers])) };
  },
  "position.decode": (given) => {
    const whole = Buffer.from(bytes(given, "position"));
    const [sealed, received] = [16, 24].map((at) => Number(whole.readBigUInt64BE(at))) as [number, number];
    return { received, sealed, session: written(whole.subarray(0, 16)) };
  },
  "content.encode": encodeContent,
  "content.decode": (given) => content(bytes(given, "bytes")),
  "payload.encode": (given) => ({
    bytes: written(Buffer.concat([
      blob(1, bytes(given, "certificate")), blob(2, Buffer.from(text(given, "name"))), count(3, number(given, "capabilities")),
      count(4, number(given, "madeAt")), blob(5, bytes(given, "stream")),
    ])),
  }),
  "payload.decode": (given) => payload(bytes(given, "bytes")),
  "received.add": (given) => received(given),
  "received.raise": (given) => received(given),
  "base32.encode": (given) => ({ text: base32(bytes(given, "bytes")) }),
  "base32.decode": (given) => {
    const value = unbase32(text(given, "text"));
    return value ? { bytes: written(value) } : NO_REASON;
  },
  checksum: (given) => ({ checksum: written(crc(bytes(given, "bytes"))) }),
  "invite.encode": encodeInvite,
  "invite.parse": parseInvite,
};
