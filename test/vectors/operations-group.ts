/** Operations of the vectors: ids, keys and messages of groups (docs/SPEC.md). */
import { publicKey, rendezvousKeys } from "../../src/dht/index.ts";
import { emptyLog, type PlacedOp, place as placeOp } from "../../src/group/causality.ts";
import { makeEntry, memberOf } from "../../src/group/entry.ts";
import { generationId, groupId, type MemberId, memberId, opId } from "../../src/group/ids.ts";
import { generationOf, makeGeneration } from "../../src/group/key-generation.ts";
import { keyPackageHash, signKeyPackage } from "../../src/group/key-package.ts";
import { generationSecret, groupMessageKey, rendezvousSecret } from "../../src/group/keys.ts";
import { messageHash, openMessage, sealMessage } from "../../src/group/message.ts";
import { recordId, recordIdOf, recordsFingerprint } from "../../src/group/range-reconciliation.ts";
import { rendezvousRoot, rendezvousSecretAt, slotOf } from "../../src/group/rendezvous.ts";
import { deriveRendezvous, startChain, takeKey } from "../../src/group/sending-chain.ts";
import { authorOp, readOp } from "../../src/group/signed-op.ts";
import { makeAck, signingKeyRecord } from "../../src/group/signing-key.ts";
import { decodeGroupLink, decodeGroupMessage, encodeGroupAck, encodeGroupEntry, encodeGroupKeyPackage, encodeGroupLink, encodeGroupSigningKey, encodeKeyAnnouncement } from "../../src/wire/index.ts";
import { bytes, type Fields, fields, list, number, type Operation, plain, refusedAlone, spelled, text, written } from "./notation.ts";

const all = (given: Fields, name: string) => list(given, name).map((one) => spelled(String(one)));
const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error("the vector is no good case");
  return value;
};
const groupIn = (given: Fields) => groupId.from(bytes(given, "group"));
const memberIn = (given: Fields): MemberId => memberId.from(bytes(given, "member"));
const place = (given: Fields) => ({
  group: groupIn(given),
  generation: generationId.from(bytes(given, "generation")),
  member: memberIn(given),
  slot: number(given, "slot"),
});

export const groupOperations: Readonly<Record<string, Operation>> = {
  "group.member-id": (providing, given) =>
    plain({ member: memberId.bytes(memberOf(providing(), groupIn(given), bytes(given, "account"))) }),
  "group.entry": (providing, given) => {
    const crypto = providing();
    const account = crypto.signingFromSeed(bytes(given, "accountSeed"));
    const memberKey = crypto.signingFromSeed(bytes(given, "memberSeed"));
    const parts = { account, memberKey, certificate: bytes(given, "certificate"), package: bytes(given, "package"), name: text(given, "name") };
    return plain({ entry: encodeGroupEntry(makeEntry(crypto, parts, groupIn(given))) });
  },
  "group.op.leave": (providing, given) => {
    const crypto = providing();
    const log = emptyLog();
    const parent = opId.from(bytes(given, "parent"));
    log.ops.set(parent, { depth: number(given, "parentDepth") } as PlacedOp);
    log.heads.add(parent);
    const author = { member: memberIn(given), key: crypto.signingFromSeed(bytes(given, "memberSeed")) };
    const { op, signed } = authorOp(crypto, groupIn(given), log, author, { kind: "leave" }, number(given, "at"));
    return plain({ id: opId.bytes(op.id), op: signed });
  },
  "group.op.read": (providing, given) => {
    const crypto = providing();
    const [log, group] = [emptyLog(), groupIn(given)];
    for (const signed of all(given, "log")) {
      const before = readOp(crypto, group, log, signed);
      if (before.kind !== "op") throw new Error("the vector's log is no good one");
      placeOp(log, before.op);
    }
    const read = readOp(crypto, group, log, bytes(given, "op"));
    if (read.kind === "refused") return { refused: read.why };
    if (read.kind === "waits") return plain({ missing: read.missing.map(opId.bytes) });
    return plain({ id: opId.bytes(read.op.id), author: memberId.bytes(read.op.author), depth: read.op.depth, action: read.op.action.kind });
  },
  "group.key-package": (providing, given) => {
    const crypto = providing([bytes(given, "kemSeed")]);
    const secrets = { number: number(given, "number"), dh: crypto.dhFromSecret(bytes(given, "xSecret")), kem: crypto.kemGenerate() };
    const made = signKeyPackage(crypto, groupIn(given), memberIn(given), crypto.signingFromSeed(bytes(given, "memberSeed")), secrets);
    return plain({ package: encodeGroupKeyPackage(made), hash: keyPackageHash(crypto, made) });
  },
  "group.generation.make": (providing, given) => {
    const recipients = list(given, "recipients").map(fields);
    const kems = recipients.map((one) => bytes(one, "kemSeed"));
    const keys = providing(kems);
    const packages = recipients.map((one) => ({
      member: memberIn(one),
      package: { x: keys.dhFromSecret(bytes(one, "xSecret")).public, ek: keys.kemGenerate().public },
    }));
    const crypto = providing([bytes(given, "secret"), bytes(given, "eSecret"), ...all(given, "encapsulations")]);
    const maker = { member: memberIn(given), key: crypto.signingFromSeed(bytes(given, "memberSeed")) };
    const frontier = all(given, "frontier").map(opId.from);
    const group = groupIn(given);
    const { announcement, pages } = must(makeGeneration(crypto, group, maker, packages, frontier, "log"));
    const generation = generationId.bytes(generationOf(crypto, { group, announcement }));
    return plain({ announcement: encodeKeyAnnouncement(announcement), pages, generation });
  },
  "group.chain": (providing, given) => {
    const crypto = providing();
    const secret = generationSecret(bytes(given, "secret"));
    const { group, generation, member, slot } = place(given);
    const taken = takeKey(crypto, startChain(crypto, secret, group, generation, member, slot), number(given, "seq"));
    if (taken.kind !== "key") return { refused: taken.kind };
    return plain({ mk: taken.mk, rendezvous: deriveRendezvous(crypto, secret, group, generation) });
  },
  "group.rendezvous": (providing, given) => {
    const crypto = providing();
    const shared = rendezvousSecret(bytes(given, "rendezvous"));
    const secret = rendezvousSecretAt(crypto, shared, number(given, "epoch"));
    const slot = slotOf(crypto, secret, memberIn(given), number(given, "recipients"));
    const { tag, signing, seal } = rendezvousKeys(crypto, secret, slot);
    return plain({ root: rendezvousRoot(crypto, shared), secret, slot, tag, signingSeed: signing.seed, sealingKey: seal, publicKey: publicKey(crypto, secret, slot) });
  },
  "group.signing-key": (providing, given) => {
    const crypto = providing();
    const addressees = list(given, "addressees").map(fields).map((one) => ({ member: memberIn(one), device: bytes(one, "device") }));
    const record = signingKeyRecord(crypto, { ...place(given), stream: bytes(given, "stream") },
      crypto.signingFromSeed(bytes(given, "keySeed")), crypto.dhFromSecret(bytes(given, "deviceSecret")), addressees, all(given, "frontier"));
    return plain({ record: encodeGroupSigningKey(must(record)) });
  },
  "group.ack": (providing, given) => {
    const crypto = providing();
    const stated = { from: bytes(given, "from"), to: bytes(given, "to"), stream: bytes(given, "stream"), upTo: number(given, "upTo"),
      readUpTo: number(given, "readUpTo"), ...("generation" in given && { generation: bytes(given, "generation") }) };
    const ack = makeAck(crypto, groupIn(given), crypto.dhFromSecret(bytes(given, "deviceSecret")), bytes(given, "device"), stated);
    return plain({ ack: encodeGroupAck(must(ack)) });
  },
  "group.link.decode": (_, given) => {
    const link = decodeGroupLink(bytes(given, "link"));
    if (link === undefined) return refusedAlone;
    if (link.kind !== "newer" && written(encodeGroupLink(link)) !== given["link"]) throw new Error("it has two encodings");
    return plain(link);
  },
  "group.records.fingerprint": (providing, given) => {
    const items = all(given, "ids").map((id) => ({ depth: 0, id: recordId.from(id) }));
    return plain({ fingerprint: recordsFingerprint(providing(), bytes(given, "key"), items) });
  },
  "group.record-id": (providing, given) => plain({ id: recordId.bytes(recordIdOf(providing(), bytes(given, "record"))) }),
  "group.message.seal": (providing, given) => {
    const crypto = providing([bytes(given, "nonce")]);
    const message = sealMessage(crypto,
      { ...place(given), stream: bytes(given, "stream"), seq: number(given, "seq"), previous: bytes(given, "previous"), frontier: all(given, "frontier").map(opId.from) },
      groupMessageKey(bytes(given, "mk")), crypto.signingFromSeed(bytes(given, "keySeed")), bytes(given, "body"));
    return plain({ message, hash: messageHash(crypto, message) });
  },
  "group.message.open": (providing, given) => {
    const parts = decodeGroupMessage(bytes(given, "message"));
    const body = parts && openMessage(providing(), groupMessageKey(bytes(given, "mk")), parts);
    return body === undefined ? refusedAlone : plain({ body, seq: parts?.seq, stream: parts?.stream });
  },
};
