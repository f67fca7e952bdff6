import { type Json, bytes, type Fields, fields, list, number, spelled, text, written } from "../notation.ts";
import * as p from "./primitives.ts";

const NO_REASON = { refused: true };
const why = (refused: string) => ({ refused });
const DAY = 86_400_000;
const HOUR = 3_600_000;
const EMPTY = Buffer.alloc(0);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const readU64 = (from: Uint8Array, at: number) => Number(Buffer.from(from).readBigUInt64BE(at));

// §1
const accountSeed = (entropy: Uint8Array) => p.derive(entropy, "account key");
const claimOf = (certificate: Uint8Array) => Buffer.concat([p.label("device certificate"), certificate.subarray(32, 72)]);

function half(key: Uint8Array): string {
  let hash = p.sha256(Buffer.concat([p.label("safety number"), key]));
  for (let n = 1; n <= 5199; n++) hash = p.sha256(Buffer.concat([hash, key]));
  return [0, 5, 10, 15, 20, 25].map((at) => String(hash.readUIntBE(at, 5) % 100_000).padStart(5, "0")).join(" ");
}

// §2
function offset(root0: Uint8Array): number {
  const out = p.derive(root0, "epoch offset", 8);
  const wide = (BigInt(out.readUInt32BE(0) >>> 11) << 32n) | BigInt(out.readUInt32BE(4));
  return Number(wide % BigInt(DAY));
}
const epochOf = (now: number, shift: number) => Math.floor((now + shift) / DAY);
const inviteRoot = (secret: Uint8Array) => p.derive(secret, "invite root");

interface Chain {
  readonly offset: number;
  readonly epoch: number;
  readonly root: Buffer;
}
const chainOf = (given: Fields): Chain => {
  const chain = fields(given.chain);
  return { offset: number(chain, "offset"), epoch: number(chain, "epoch"), root: Buffer.from(bytes(chain, "root")) };
};
const shown = (chain: Chain): Json => ({ epoch: chain.epoch, offset: chain.offset, root: written(chain.root) });
function rootAt({ epoch, root }: Chain, wanted: number): Buffer | undefined {
  if (wanted < epoch || wanted - epoch > 4000) return undefined;
  let turned = root;
  for (let e = epoch; e < wanted; e++) turned = p.derive(turned, "next root");
  return turned;
}
const side = (secret: Uint8Array, direction: string) => {
  const seed = p.derive(secret, `record signing key ${direction}`);
  return { seed, tag: p.publicOf(seed), seal: p.derive(secret, `record sealing key ${direction}`) };
};

// §3 and WIRE §6
const isAddress = (address: string) => /^\/[\x21-\x7e]{1,127}$/.test(address);
const isHost = (host: string) => /^[0-9A-Za-z]{1,64}$/.test(host);
const toSign = (record: Uint8Array) => Buffer.concat([p.label("record"), record.subarray(0, 448)]);
const prefixed = (said: string) => Buffer.concat([Buffer.from([said.length]), Buffer.from(said, "ascii")]);

function judge(record: Uint8Array, tag: Uint8Array, now: number): string | undefined {
  if (record.length !== 512) return "size";
  if (record[0] !== 1) return "version";
  if (!same(record.subarray(1, 33), tag)) return "tag";
  const time = readU64(record, 33);
  if (time > now + 600_000 || time > Number.MAX_SAFE_INTEGER) return "early";
  return time < now - 2 * HOUR ? "stale" : undefined;
}

function bodyOf(plain: Uint8Array): { addresses: string[]; host: string } | undefined {
  let at = 0;
  const next = (): string | undefined => {
    const length = plain[at] ?? 0;
    at += 1 + length;
    return at > plain.length ? undefined : Buffer.from(plain.subarray(at - length, at)).toString("latin1");
  };
  const host = next();
  const count = plain[at++] ?? 0;
  if (host === undefined || !isHost(host) || count > 4) return undefined;
  const addresses: string[] = [];
  for (let i = 0; i < count; i++) {
    const address = next();
    if (address === undefined || !isAddress(address)) return undefined;
    addresses.push(address);
  }
  return plain.subarray(at).some((byte) => byte !== 0) ? undefined : { addresses, host };
}

// §5
const prefixed32 = (said: string) => Buffer.concat([p.u32(Buffer.byteLength(said)), Buffer.from(said)]);
const ends = (given: Fields) => Buffer.concat([prefixed32(text(given, "caller")), prefixed32(text(given, "callee"))]);
const MODES = ["resume", "handshake", "group", "group-unclean"];
const STATUSES = ["resume", "handshake", "used", "expired", "pending", "denied"];
const tagOf = (given: Fields, name: string, nonces: Uint8Array) =>
  p.hmac(bytes(given, "linkKey"), Buffer.concat([p.label(name), ends(given), nonces]));
const keyOf = (given: Fields, name: string, nonces: Uint8Array) =>
  p.hkdf(nonces, bytes(given, "linkKey"), p.label(name), 32);

interface Greeting {
  /** Of a hello. */
  readonly index: Buffer;
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly sealed: Buffer;
}
const greeting = (type: number, payload: Uint8Array): Greeting | undefined => {
  const at = type === 1 ? 10 : 2;
  if (payload.length !== at + 113 || payload[0] !== type || payload[1] !== 1) return undefined;
  const whole = Buffer.from(payload);
  const [index, nonce, tag] = [whole.subarray(2, at), whole.subarray(at, at + 32), whole.subarray(at + 32, at + 64)];
  return { index, nonce, tag, sealed: whole.subarray(at + 64) };
};
const keyedIndex = (given: Fields): Buffer =>
  p.hmac(bytes(given, "linkKey"), Buffer.concat([p.label("hello index"), Buffer.from(text(given, "callee"))])).subarray(0, 8);
const indexOf = (given: Fields): Uint8Array => (given["named"] === true ? keyedIndex(given) : bytes(given, "index"));
const make = (type: number, given: Fields, before: Uint8Array, words: readonly string[], word: string): Buffer => {
  const name = type === 1 ? "hello" : "answer";
  const nonces = Buffer.concat([before, bytes(given, "nonce")]);
  const index = type === 1 ? indexOf(given) : EMPTY;
  const tag = tagOf(given, `${name} tag`, Buffer.concat([index, nonces]));
  const body = Buffer.concat([Buffer.from([words.indexOf(word) + 1]), bytes(given, "id")]);
  const sealed = p.seal(keyOf(given, `${name} seal`, nonces), Buffer.alloc(12), body, tag);
  return Buffer.concat([Buffer.from([type, 1]), index, bytes(given, "nonce"), tag, sealed]);
};
const opened = (given: Fields, name: string, nonces: Uint8Array, { tag, sealed }: Greeting, words: readonly string[]) => {
  const body = p.open(keyOf(given, `${name} seal`, nonces), Buffer.alloc(12), sealed, tag);
  const word = body && words[(body[0] ?? 0) - 1];
  return body && word ? { id: written(body.subarray(1)), word } : undefined;
};

export const rules: Readonly<Record<string, (given: Fields) => Json>> = {
  "certificate.make": (given) => {
    const seed = bytes(given, "accountSeed");
    const claim = Buffer.concat([p.publicOf(seed), bytes(given, "device"), p.u64(number(given, "createdAt"))]);
    return { certificate: written(Buffer.concat([claim, p.signed(seed, claimOf(claim))])) };
  },
  "certificate.read": (given) => {
    const whole = bytes(given, "certificate");
    if (whole.length !== 136) return NO_REASON;
    const [account, device, createdAt] = [whole.subarray(0, 32), whole.subarray(32, 64), readU64(whole, 64)];
    if (createdAt > Number.MAX_SAFE_INTEGER || !p.goodKey(device)) return NO_REASON;
    if (!p.verified(account, claimOf(whole), whole.subarray(72))) return NO_REASON;
    return { account: written(account), createdAt, device: written(device) };
  },
  "safety-number": (given) => ({ number: [half(bytes(given, "a")), half(bytes(given, "b"))].sort().join(" ") }),
  "x25519.dh": (given) => {
    const shared = p.dh(bytes(given, "secret"), bytes(given, "public"));
    return shared ? { shared: written(shared) } : NO_REASON;
  },
  "ed25519.verify": (given) => ({ good: p.verified(bytes(given, "key"), bytes(given, "message"), bytes(given, "signature")) }),
  "epoch.offset": (given) => ({ offset: offset(bytes(given, "root0")) }),
  "epoch.around": (given) => {
    const [now, shift] = [number(given, "now"), number(given, "offset")];
    const epoch = epochOf(now, shift);
    const border = (epoch + 1) * DAY - shift;
    const since = now - (border - DAY);
    const neighbours = since <= 2 * HOUR ? [epoch - 1] : border - now <= 2 * HOUR ? [epoch + 1] : [];
    return { accepted: [epoch, epoch - 1, epoch + 1], border, epoch, lookedUp: [epoch, ...neighbours] };
  },
  "epoch.keys": (given) => {
    const secret = bytes(given, "secret");
    const shownSide = (direction: string): Json => {
      const { seed, tag, seal } = side(secret, direction);
      const publicKey = written(p.derive(secret, `public key ${direction}`));
      return { publicKey, sealingKey: written(seal), signingSeed: written(seed), tag: written(tag) };
    };
    const key = p.derive(secret, "link key");
    return { a: shownSide("a"), b: shownSide("b"), linkKey: written(key), psk: written(p.derive(key, "link psk")) };
  },
  "chain.start": (given) => {
    const root = Buffer.from(bytes(given, "pairRoot"));
    const shift = offset(root);
    return shown({ offset: shift, epoch: Math.max(0, epochOf(number(given, "madeAt"), shift) - 2), root });
  },
  "chain.secret": (given) => {
    const secret = rootAt(chainOf(given), number(given, "epoch"));
    return secret ? { secret: written(secret) } : NO_REASON;
  },
  "chain.advance": (given) => {
    const chain = chainOf(given);
    const oldest = epochOf(number(given, "now"), chain.offset) - 1;
    const erased = oldest - chain.epoch;
    if (erased <= 0 || (erased > 1 && given.proven !== true)) return shown(chain);
    const root = rootAt(chain, oldest);
    return shown(root ? { ...chain, epoch: oldest, root } : chain);
  },
  "invite.keys": (given) => {
    const secret = bytes(given, "secret");
    return {
      id: base32(p.derive(secret, "invite id", 16)),
      offset: offset(inviteRoot(secret)),
      psk: written(p.derive(secret, "invite psk")),
    };
  },
  "invite.secret": (given) => {
    const info = Buffer.concat([p.label("invite epoch"), p.u64(number(given, "epoch"))]);
    return { secret: written(p.hkdf(EMPTY, inviteRoot(bytes(given, "secret")), info, 32)) };
  },
  "record.seal": (given) => {
    const { seed, tag, seal } = side(bytes(given, "secret"), text(given, "direction"));
    const kept: Buffer[] = [];
    const host = prefixed(text(given, "host"));
    let left = 367 - host.length - 1;
    for (const address of list(given, "addresses").map(String)) {
      if (kept.length === 4 || !isAddress(address) || address.length + 1 > left) continue;
      kept.push(prefixed(address));
      left -= address.length + 1;
    }
    const plain = Buffer.concat([host, Buffer.from([kept.length]), ...kept, Buffer.alloc(left)]);
    const head = Buffer.concat([Buffer.from([1]), tag, p.u64(number(given, "time"))]);
    const nonce = bytes(given, "nonce");
    const unsigned = Buffer.concat([head, nonce, p.sealX(seal, nonce, plain, head)]);
    return { record: written(Buffer.concat([unsigned, p.signed(seed, toSign(unsigned))])) };
  },
  "record.open": (given) => {
    const { tag, seal } = side(bytes(given, "secret"), text(given, "direction"));
    const record = bytes(given, "record");
    const refused = judge(record, tag, number(given, "now"));
    if (refused) return why(refused);
    if (!p.verified(tag, toSign(record), record.subarray(448))) return why("signature");
    const plain = p.openX(seal, record.subarray(41, 65), record.subarray(65, 448), record.subarray(0, 41));
    if (plain === undefined) return why("sealed");
    const body = bodyOf(plain);
    return body ? { ...body, time: readU64(record, 33) } : why("body");
  },
  "record.store": (given) => {
    const highest = new Map<string, number>();
    return list(given, "puts").map((put) => {
      const [tag, record] = [bytes(fields(put), "tag"), bytes(fields(put), "record")];
      const refused = judge(record, tag, number(fields(put), "now"));
      if (refused) return refused;
      const time = readU64(record, 33);
      if (time < (highest.get(written(tag)) ?? 0)) return "rollback";
      if (!p.verified(tag, toSign(record), record.subarray(448))) return "signature";
      highest.set(written(tag), time);
      return "stored";
    });
  },
  "record.newest": (given) => {
    const records = list(given, "records").map((record) => spelled(String(record)));
    const better = (a: Uint8Array, b: Uint8Array) => readU64(a, 33) - readU64(b, 33) || Buffer.compare(a, b);
    const best = records.toSorted(better).at(-1);
    return { index: best ? records.indexOf(best) : 0 };
  },
  "link.ends": (given) => ({ ends: written(ends(given)) }),
  "hello.index": (given) => ({ index: written(keyedIndex(given)) }),
  "hello.make": (given) => ({ hello: written(make(1, given, EMPTY, MODES, text(given, "mode"))) }),
  "hello.open": (given) => {
    const hello = greeting(1, bytes(given, "hello"));
    if (hello === undefined) return why("frame");
    const told = Buffer.concat([hello.index, hello.nonce]);
    if (!same(tagOf(given, "hello tag", told), hello.tag)) return why("tag");
    const body = opened(given, "hello", hello.nonce, hello, MODES);
    return body ? { id: body.id, mode: body.word } : why("body");
  },
  "answer.make": (given) => {
    const hello = greeting(1, bytes(given, "hello")) as Greeting;
    const nonces = Buffer.concat([hello.nonce, bytes(given, "nonce")]);
    return {
      answer: written(make(2, given, hello.nonce, STATUSES, text(given, "status"))),
      prologue: written(Buffer.concat([p.label("handshake"), ends(given), nonces])),
    };
  },
  "answer.open": (given) => {
    const [hello, answer] = [greeting(1, bytes(given, "hello")), greeting(2, bytes(given, "answer"))];
    if (hello === undefined || answer === undefined) return NO_REASON;
    const nonces = Buffer.concat([hello.nonce, answer.nonce]);
    if (!same(tagOf(given, "answer tag", nonces), answer.tag)) return NO_REASON;
    const body = opened(given, "answer", nonces, answer, STATUSES);
    return body ? { id: body.id, status: body.word } : NO_REASON;
  },
};

/** RFC 4648 §6 in lower case, no padding. */
export function base32(from: Uint8Array): string {
  const bits = [...from].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

/** The seed of the account key, for the one operation that also asks for words. */
export const accountOf = (entropy: Uint8Array): { account: string; seed: string } => ({
  account: written(p.publicOf(accountSeed(entropy))),
  seed: written(accountSeed(entropy)),
});
