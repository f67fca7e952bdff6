/**
 * Every hash, signature and derivation of a group is for one purpose: its input begins with a label,
 * and no label that one key is used with is the beginning of another.
 */
import assert from "node:assert/strict";
import { labels, toHex } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { emptyLog } from "../../src/group/causality.ts";
import { memberOf, readEntry } from "../../src/group/entry.ts";
import { generationId } from "../../src/group/ids.ts";
import { generationOf, makeGeneration } from "../../src/group/key-generation.ts";
import {
  keyPackageHash,
  keysOf,
  newKeyPackage,
  signKeyPackage,
} from "../../src/group/key-package.ts";
import { generationSecret } from "../../src/group/keys.ts";
import { groupMessageId, messageHash, sealMessage } from "../../src/group/message.ts";
import { deriveRendezvous, startChain, takeKey } from "../../src/group/sending-chain.ts";
import { authorCreate, readOp } from "../../src/group/signed-op.ts";
import { makeAck, signingKeyRecord, streamOfKey } from "../../src/group/signing-key.ts";
import { crypto, person } from "./people.ts";

interface Use {
  readonly primitive: string;
  readonly key: string;
  readonly input: Uint8Array;
}

/** A provider that notes what is hashed, signed and derived, under which key. */
function noting(uses: Use[]): CryptoProvider {
  const note = (primitive: string, key: Uint8Array, input: Uint8Array): void => {
    uses.push({ primitive, key: toHex(key), input: input.slice() });
  };
  return {
    ...crypto,
    sha256: (data) => {
      note("sha256", new Uint8Array(), data);
      return crypto.sha256(data);
    },
    hmac: (key, data) => {
      note("hmac", key, data);
      return crypto.hmac(key, data);
    },
    hkdf: (salt, ikm, info, length) => {
      note(`hkdf ${toHex(salt)}`, ikm, info);
      return crypto.hkdf(salt, ikm, info, length);
    },
    sign: (pair, message) => {
      note("ed25519", pair.public, message);
      return crypto.sign(pair, message);
    },
    verify: (key, message, signature) => {
      note("ed25519", key, message);
      return crypto.verify(key, message, signature);
    },
  };
}

const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const labelOf = (input: Uint8Array): string | undefined =>
  // The longest one that fits.
  Object.values(labels)
    .filter((label) => latin(input).startsWith(label))
    .sort((a, b) => b.length - a.length)[0];

/** Everything that a member of a group does with its keys, once. */
function useEverything(noted: CryptoProvider): void {
  const alice = person(1);
  const founder = alice.entry();
  const create = { name: "club", founder, settings: [] };
  const created = authorCreate(noted, alice.parts.memberKey, create, 5);
  const { group } = created;
  readOp(noted, undefined, emptyLog(), created.signed);
  const bob = person(2);
  readEntry(noted, group, bob.entry(group), { consent: true });
  const [aliceId, bobId] = [alice, bob].map(({ account }) =>
    memberOf(noted, group, account.public),
  ) as [ReturnType<typeof memberOf>, ReturnType<typeof memberOf>];
  const secrets = newKeyPackage(noted, 1);
  keyPackageHash(noted, keysOf(secrets));
  signKeyPackage(noted, group, aliceId, alice.parts.memberKey, secrets);
  const maker = { member: aliceId, key: alice.parts.memberKey };
  const recipients = [{ member: bobId, package: keysOf(secrets) }];
  const made = makeGeneration(noted, group, maker, recipients, [created.op.id], "log");
  assert.ok(made);
  const generation = generationOf(noted, { group, announcement: made.announcement });
  const secret = generationSecret(made.secret);
  deriveRendezvous(noted, secret, group, generation);
  const taken = takeKey(noted, startChain(noted, secret, group, generation, aliceId, 0), 1);
  assert.ok(taken.kind === "key");
  const key = noted.signingFromSeed(new Uint8Array(32).fill(8));
  const of = { group, generation, member: aliceId, slot: 0 };
  const stream = streamOfKey(noted, of, key.public);
  const place = { ...of, stream, seq: 1 };
  const previous = new Uint8Array(32);
  const message = { ...place, previous, frontier: [created.op.id] };
  messageHash(noted, sealMessage(noted, message, taken.mk, key, Uint8Array.of(1)));
  groupMessageId(noted, aliceId, new Uint8Array(16));
  const [ours, theirs] = [noted.dhGenerate(), noted.dhGenerate()];
  signingKeyRecord(noted, place, key, ours, [{ member: bobId, device: theirs.public }]);
  makeAck(noted, group, ours, theirs.public, {
    ...{ from: founder.package.slice(0, 16), to: founder.package.slice(0, 16), stream },
    ...{ upTo: 1, readUpTo: 1, generation: generationId.bytes(generation) },
  });
}

describe("labels of a group", () => {
  const uses: Use[] = [];
  useEverything(noting(uses));

  it("begin every hash, signature and derivation", () => {
    assert.ok(uses.length > 25);
    for (const { primitive, input } of uses)
      if (primitive !== "hmac")
        assert.notEqual(labelOf(input), undefined, `${primitive} of ${toHex(input).slice(0, 40)}`);
  });

  it("do not begin with one another under one primitive and key", () => {
    const byKey = new Map<string, Set<string>>();
    for (const { primitive, key, input } of uses) {
      const label = labelOf(input);
      if (label === undefined) continue;
      const name = `${primitive} ${key}`;
      byKey.set(name, (byKey.get(name) ?? new Set()).add(label));
    }
    assert.equal(byKey.get("sha256 ")?.size, 10);
    for (const used of byKey.values())
      for (const one of used)
        for (const other of used)
          assert.ok(one === other || !other.startsWith(one), `${one}, ${other}`);
  });

  it("are no two alike", () => {
    const all = Object.values(labels);
    assert.equal(new Set(all).size, all.length);
  });
});
