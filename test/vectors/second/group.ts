/** SPEC §13 and WIRE §9, keys and messages, read aloud. ML-KEM alone is the library's. */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { bytes, type Fields, fields, type Json, list, number, spelled, text, written } from "../notation.ts";
import { derive, dh, hkdf, hmac, label, open, publicOf, publicOfX, seal, sha256, signed, u32, u64 } from "./primitives.ts";

const cat = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
const hash = (name: string, ...parts: Uint8Array[]): Buffer => sha256(cat(label(name), ...parts));
const byte = (value: number): Buffer => Buffer.from([value]);
const all = (given: Fields, name: string) => list(given, name).map((one) => spelled(String(one)));
const NO_REASON = { refused: true };

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Buffer.from([...out, rest]);
}
type Field = readonly [number: number, value: number | Uint8Array | readonly Uint8Array[] | undefined];
/** Fields in the order of their numbers. */
const proto = (...all: Field[]): Buffer =>
  cat(
    ...all.flatMap(([at, value]) => {
      if (value === undefined) return [];
      if (typeof value === "number") return [varint(8 * at), varint(value)];
      const each = value instanceof Uint8Array ? [value] : value;
      return each.map((one) => cat(varint(8 * at + 2), varint(one.length), one));
    }),
  );

const pairKey = (given: Fields, theirs: Uint8Array, name: string): Buffer =>
  hkdf(Buffer.alloc(0), dh(bytes(given, "deviceSecret"), theirs) as Buffer, label(name), 32);
const byMember = (a: Fields, b: Fields): number => Buffer.compare(bytes(a, "member"), bytes(b, "member"));
const messageKeys = (stream: Uint8Array, mk: Uint8Array) => ({
  key: hkdf(stream, mk, label("group message key"), 32),
  check: hkdf(stream, mk, label("group message check"), 32),
});

export const group: Readonly<Record<string, (given: Fields) => Json>> = {
  "group.member-id": (given) => ({
    member: written(hash("group member", bytes(given, "group"), bytes(given, "account")).subarray(0, 16)),
  }),
  "group.entry": (given) => {
    const [certificate, memberSeed, hashed] = [bytes(given, "certificate"), bytes(given, "memberSeed"), bytes(given, "package")];
    const memberKey = publicOf(memberSeed);
    const claim = cat(label("group member key"), memberKey, certificate.subarray(32, 64));
    const consent = signed(memberSeed, cat(label("group consent"), bytes(given, "group"), hashed));
    return {
      entry: written(
        proto([1, certificate], [2, memberKey], [3, signed(bytes(given, "accountSeed"), claim)], [4, hashed], [5, Buffer.from(text(given, "name"))], [10, consent]),
      ),
    };
  },
  "group.op.leave": (given) => {
    const inGroup = bytes(given, "group");
    const op = proto([1, inGroup], [2, [bytes(given, "parent")]], [3, number(given, "parentDepth") + 1], [4, bytes(given, "member")], [5, number(given, "at")], [20, Buffer.alloc(0)]);
    const signature = signed(bytes(given, "memberSeed"), cat(label("group op signature"), inGroup, op));
    return { id: written(hash("group op id", op)), op: written(cat(op, signature)) };
  },
  "group.key-package": (given) => {
    const [x, ek] = [publicOfX(bytes(given, "xSecret")), ml_kem768.keygen(bytes(given, "kemSeed")).publicKey];
    const body = cat(u64(number(given, "number")), x, ek);
    const signature = signed(bytes(given, "memberSeed"), cat(label("group key package"), bytes(given, "group"), body));
    return {
      hash: written(hash("group package hash", body)),
      package: written(proto([1, bytes(given, "member")], [2, number(given, "number")], [3, x], [4, ek], [5, signature])),
    };
  },
  "group.generation.make": (given) => {
    const [inGroup, maker, frontier, secret] = [bytes(given, "group"), bytes(given, "member"), all(given, "frontier"), bytes(given, "secret")];
    const [e, encapsulations] = [publicOfX(bytes(given, "eSecret")), all(given, "encapsulations")];
    const envelopes = list(given, "recipients").map(fields).sort(byMember).map((one, i) => {
      const [x, ek] = [publicOfX(bytes(one, "xSecret")), ml_kem768.keygen(bytes(one, "kemSeed")).publicKey];
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(ek, encapsulations[i]);
      const info = cat(label("group envelope"), inGroup, byte(frontier.length), ...frontier, maker, e, x, hash("group envelope kem", ek, cipherText));
      const key = hkdf(sharedSecret, dh(bytes(given, "eSecret"), x) as Buffer, info, 32);
      return cat(cipherText, seal(key, Buffer.alloc(12), secret, bytes(one, "member")));
    });
    const pages = [cat(...envelopes)];
    const announced = (signature: Uint8Array) =>
      proto([1, frontier], [2, maker], [3, e], [4, hash("group commit", secret)], [5, pages.map((page) => hash("group envelope page", page))], [6, signature]);
    const claim = cat(label("group key announcement"), inGroup, announced(Buffer.alloc(64)));
    const announcement = announced(signed(bytes(given, "memberSeed"), claim));
    return {
      announcement: written(announcement),
      generation: written(hash("group generation", inGroup, Buffer.alloc(32), announcement)),
      pages: pages.map(written),
    };
  },
  "group.chain": (given) => {
    const [secret, inGroup, generation, seq] = [bytes(given, "secret"), bytes(given, "group"), bytes(given, "generation"), number(given, "seq")];
    if (seq - 1 > 2_000) return { refused: "ahead" };
    let ck = hmac(secret, cat(label("group chain"), inGroup, generation, bytes(given, "member"), byte(number(given, "slot"))));
    for (let n = 1; n < seq; n++) ck = hmac(ck, byte(1));
    const info = cat(label("group rendezvous secret"), inGroup, generation);
    return { mk: written(hmac(ck, byte(2))), rendezvous: written(hkdf(Buffer.alloc(0), secret, info, 32)) };
  },
  "group.rendezvous": (given) => {
    const root = hkdf(Buffer.alloc(0), bytes(given, "rendezvous"), label("group rendezvous root"), 32);
    const secret = hkdf(Buffer.alloc(0), root, cat(label("group rendezvous epoch"), u64(number(given, "epoch"))), 32);
    const drawn = hmac(secret, cat(label("group slot"), bytes(given, "member")))[0] as number;
    const slot = drawn % (number(given, "recipients") <= 8 ? 4 : 16);
    const signingSeed = derive(secret, `record signing key ${slot}`);
    return {
      ...{ publicKey: written(derive(secret, `public key ${slot}`)), root: written(root), sealingKey: written(derive(secret, `record sealing key ${slot}`)) },
      ...{ secret: written(secret), signingSeed: written(signingSeed), slot, tag: written(publicOf(signingSeed)) },
    };
  },
  "group.signing-key": (given) => {
    const [inGroup, generation, member, stream] = [bytes(given, "group"), bytes(given, "generation"), bytes(given, "member"), bytes(given, "stream")];
    const [key, slot] = [publicOf(bytes(given, "keySeed")), number(given, "slot")];
    const macs = list(given, "addressees").map(fields).sort(byMember).map((one) =>
      hmac(pairKey(given, bytes(one, "device"), "group signing key"), cat(inGroup, generation, member, byte(slot), stream, key)).subarray(0, 8),
    );
    const record = (signature: Uint8Array) =>
      proto([1, generation], [2, member], [3, slot], [4, stream], [5, key], [6, cat(...macs)], [7, all(given, "frontier")], [8, signature]);
    const claim = cat(label("group signing key proof"), inGroup, record(Buffer.alloc(64)));
    return { record: written(record(signed(bytes(given, "keySeed"), claim))) };
  },
  "group.ack": (given) => {
    const [from, to, stream] = [bytes(given, "from"), bytes(given, "to"), bytes(given, "stream")];
    const [upTo, readUpTo] = [number(given, "upTo"), number(given, "readUpTo")];
    const generation = "generation" in given ? bytes(given, "generation") : undefined;
    const stated = cat(bytes(given, "group"), from, to, stream, u64(upTo), u64(readUpTo), generation ?? Buffer.alloc(0));
    const mac = hmac(pairKey(given, bytes(given, "device"), "group ack"), stated).subarray(0, 8);
    return { ack: written(proto([1, from], [2, to], [3, stream], [4, upTo], [5, readUpTo], [6, mac], [7, generation])) };
  },
  "group.message.seal": (given) => {
    const [inGroup, generation, stream, frontier] = [bytes(given, "group"), bytes(given, "generation"), bytes(given, "stream"), all(given, "frontier")];
    const { key, check } = messageKeys(stream, bytes(given, "mk"));
    const header = cat(byte(1), generation.subarray(0, 16), bytes(given, "member"), byte(number(given, "slot")), stream, u32(number(given, "seq")),
      bytes(given, "previous"), bytes(given, "nonce"), check, byte(frontier.length), ...frontier.map((id) => id.subarray(0, 8)));
    const unsigned = cat(header, seal(key, bytes(given, "nonce"), bytes(given, "body"), header));
    const claim = cat(label("group message signature"), inGroup, generation, byte(frontier.length), ...frontier, unsigned);
    const message = cat(unsigned, signed(bytes(given, "keySeed"), claim));
    return { hash: written(hash("group message hash", message)), message: written(message) };
  },
  "group.message.open": (given) => {
    const message = Buffer.from(bytes(given, "message"));
    const count = message[122] ?? 0;
    const [body, end] = [123 + 8 * count, message.length - 64];
    if (message[0] !== 1 || count < 1 || count > 16 || end < body + 16 || message.readUInt32BE(42) === 0) return NO_REASON;
    const stream = message.subarray(34, 42);
    const { key, check } = messageKeys(stream, bytes(given, "mk"));
    if (!check.equals(message.subarray(90, 122))) return NO_REASON;
    const opened = open(key, message.subarray(78, 90), message.subarray(body, end), message.subarray(0, body));
    return opened === undefined ? NO_REASON : { body: written(opened), seq: message.readUInt32BE(42), stream: written(stream) };
  },
};
