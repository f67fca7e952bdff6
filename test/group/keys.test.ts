import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../src/base/index.ts";
import type { DhKeyPair } from "../../src/crypto/index.ts";
import { memberOf } from "../../src/group/entry.ts";
import { type GroupId, generationId, type MemberId, memberId, opId } from "../../src/group/ids.ts";
import {
  type Announced,
  envelopePlace,
  generationOf,
  isAnnouncement,
  isPage,
  makeGeneration,
  openEnvelope,
} from "../../src/group/key-generation.ts";
import {
  isKeyPackage,
  keyPackageHash,
  keysOf,
  newKeyPackage,
  signKeyPackage,
} from "../../src/group/key-package.ts";
import { generationSecret } from "../../src/group/keys.ts";
import {
  frontiersOf,
  groupMessageId,
  isSignedMessage,
  type MessagePlace,
  messageHash,
  openMessage,
  sealMessage,
} from "../../src/group/message.ts";
import { startChain, takeKey } from "../../src/group/sending-chain.ts";
import {
  type Addressee,
  checkSigningKey,
  isAck,
  makeAck,
  signingKeyRecord,
} from "../../src/group/signing-key.ts";
import { decodeGroupMessage, type GroupMessageParts } from "../../src/wire/index.ts";
import { crypto, newGroup, person } from "./people.ts";

const members = Array.from({ length: 60 }, (_, i) => {
  const who = person(i + 1);
  return { who, secrets: newKeyPackage(crypto, 1) };
});
const { group, log, created } = newGroup(members[0]?.who as never);
const idOf = (i: number): MemberId =>
  memberOf(crypto, group, (members[i] as (typeof members)[0]).who.account.public);
const maker = { member: idOf(0), key: members[0]?.who.parts.memberKey as never };
const recipients = members.slice(1).map(({ secrets }, i) => ({
  member: idOf(i + 1),
  package: keysOf(secrets),
}));
const frontier = [created.op.id];
const someId = (byte: number) => generationId.from(new Uint8Array(32).fill(byte));

describe("group/key-package", () => {
  it("is accepted from the member key that signed it, for its group", () => {
    const secrets = newKeyPackage(crypto, 2);
    const key = maker.key as never;
    const made = signKeyPackage(crypto, group, maker.member, key, secrets);
    const { public: memberKey } = maker.key as { public: Uint8Array };
    const none = new Uint8Array(32);
    assert.ok(isKeyPackage(crypto, group, memberKey, none, made));
    const other = group.replace(/^./, (first) => (first === "0" ? "1" : "0")) as GroupId;
    assert.ok(!isKeyPackage(crypto, other, memberKey, none, made));
    assert.ok(!isKeyPackage(crypto, group, memberKey, none, { ...made, number: 3 }));
    assert.ok(!isKeyPackage(crypto, group, memberKey, none, { ...made, x: made.ek.slice(0, 32) }));
  });

  it("of a founder is accepted without a group only where its entry names it", () => {
    const secrets = newKeyPackage(crypto, 1);
    const first = signKeyPackage(crypto, undefined, maker.member, maker.key as never, secrets);
    const { public: memberKey } = maker.key as { public: Uint8Array };
    const hash = keyPackageHash(crypto, keysOf(secrets));
    assert.ok(isKeyPackage(crypto, group, memberKey, hash, first));
    assert.ok(!isKeyPackage(crypto, group, memberKey, new Uint8Array(32), first));
  });
});

describe("group/key-generation", () => {
  const made = makeGeneration(crypto, group, maker, recipients, frontier, "log");
  assert.ok(made);
  const announced: Announced = { group, announcement: made.announcement };

  it("gives every recipient the secret, in pages of 48 envelopes, and nobody else", () => {
    assert.deepEqual(
      made.pages.map(({ length }) => length / 1136),
      [48, 11],
    );
    assert.ok(isAnnouncement(crypto, announced, (maker.key as { public: Uint8Array }).public));
    const ids = recipients.map(({ member }) => member);
    for (const [i, { secrets }] of members.entries()) {
      const place = envelopePlace(ids, idOf(i));
      if (i === 0) assert.equal(place, undefined);
      if (place === undefined) continue;
      const page = made.pages[place.page] as Uint8Array;
      assert.ok(isPage(crypto, announced, place.page, page));
      const open = (at: number, as: number) =>
        openEnvelope(crypto, announced, page, at, idOf(as), secrets);
      assert.deepEqual(open(place.index, i), made.secret);
      if (i > 3) continue;
      assert.equal(open((place.index + 1) % (page.length / 1136), i), undefined);
      assert.equal(open(place.index, i === 1 ? 2 : 1), undefined);
    }
  });

  it("does not open where the context is another one", () => {
    const [first] = members.slice(1);
    const place = envelopePlace(
      recipients.map(({ member }) => member),
      idOf(1),
    );
    assert.ok(first && place);
    const page = made.pages[place.page] as Uint8Array;
    const open = (change: Partial<Announced["announcement"]>) =>
      openEnvelope(
        crypto,
        { group, announcement: { ...made.announcement, ...change } },
        page,
        place.index,
        idOf(1),
        first.secrets,
      );
    assert.ok(open({}));
    assert.equal(open({ frontier: [new Uint8Array(32)] }), undefined);
    assert.equal(open({ maker: memberId.bytes(idOf(2)) }), undefined);
    assert.equal(open({ commit: new Uint8Array(32) }), undefined);
    assert.equal(open({ e: crypto.dhGenerate().public }), undefined);
    const foreign = newKeyPackage(crypto, 1);
    const withOther = openEnvelope(crypto, announced, page, place.index, idOf(1), foreign);
    assert.equal(withOther, undefined);
  });

  it("has an id of its own inside a removal, under the removal's parents", () => {
    const removal = { id: opId.from(new Uint8Array(32).fill(7)), parents: frontier };
    const within = makeGeneration(
      crypto,
      group,
      maker,
      recipients.slice(0, 2),
      frontier,
      "removal",
    );
    assert.ok(within);
    assert.equal(within.announcement.frontier.length, 0);
    const inside: Announced = { group, announcement: within.announcement, removal };
    assert.notEqual(
      generationOf(crypto, inside),
      generationOf(crypto, { group, announcement: within.announcement }),
    );
    const ids = recipients.slice(0, 2).map(({ member }) => member);
    const place = envelopePlace(ids, idOf(1));
    assert.ok(place);
    const secrets = (members[1] as (typeof members)[0]).secrets;
    const page = within.pages[0] as Uint8Array;
    assert.deepEqual(
      openEnvelope(crypto, inside, page, place.index, idOf(1), secrets),
      within.secret,
    );
  });

  it("is not made for a key package that is not usable", () => {
    const broken = [
      {
        member: idOf(1),
        package: { x: new Uint8Array(32), ek: recipients[0]?.package.ek as never },
      },
    ];
    assert.equal(makeGeneration(crypto, group, maker, broken, frontier, "log"), undefined);
  });
});

describe("group/sending-chain", () => {
  const secret = generationSecret(new Uint8Array(32).fill(3));
  const start = (byte = 1, member = idOf(0), slot = 0) =>
    startChain(crypto, secret, group, someId(byte), member, slot);

  it("differs by group, generation, member and device slot", () => {
    const other = "00".repeat(16) as GroupId;
    const chains = [
      start(),
      start(2),
      start(1, idOf(1)),
      start(1, idOf(0), 1),
      startChain(crypto, secret, other, someId(1), idOf(0), 0),
    ];
    assert.equal(new Set(chains.map(({ ck }) => Buffer.from(ck).toString("hex"))).size, 5);
  });

  it("gives each key once, in whatever order messages arrive", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 40 }, (_, i) => i + 1),
          { minLength: 1 },
        ),
        (order) => {
          let inOrder = start();
          const expected = new Map<number, string>();
          for (let seq = 1; seq <= 40; seq++) {
            const taken = takeKey(crypto, inOrder, seq);
            assert.equal(taken.kind, "key");
            if (taken.kind !== "key") return;
            inOrder = taken.chain;
            expected.set(seq, Buffer.from(taken.mk).toString("hex"));
          }
          let chain = start();
          for (const seq of order) {
            const taken = takeKey(crypto, chain, seq);
            assert.equal(taken.kind, "key");
            if (taken.kind !== "key") return;
            chain = taken.chain;
            assert.equal(Buffer.from(taken.mk).toString("hex"), expected.get(seq));
            assert.equal(takeKey(crypto, chain, seq).kind, "gone");
          }
          const highest = Math.max(...order);
          assert.equal(chain.skipped.length, highest - order.length);
        },
      ),
    );
  });

  it("refuses a message more than 2,000 ahead and keeps at most 2,000 keys", () => {
    assert.equal(takeKey(crypto, start(), 2_002).kind, "ahead");
    const far = takeKey(crypto, start(), 2_001);
    assert.ok(far.kind === "key" && far.chain.skipped.length === 2_000);
    const farther = takeKey(crypto, far.chain, 2_003);
    assert.ok(farther.kind === "key" && farther.chain.skipped.length === 2_000);
    assert.equal(takeKey(crypto, farther.chain, 1).kind, "gone");
    assert.equal(takeKey(crypto, farther.chain, 2).kind, "key");
  });
});

describe("group/message", () => {
  const generation = someId(5);
  const signing = crypto.signingFromSeed(new Uint8Array(32).fill(8));
  const chain = startChain(
    crypto,
    generationSecret(new Uint8Array(32).fill(4)),
    group,
    generation,
    idOf(0),
    0,
  );
  const taken = takeKey(crypto, chain, 1);
  assert.ok(taken.kind === "key");
  const { mk } = taken;
  const place: MessagePlace = {
    ...{ group, generation, member: idOf(0), slot: 0, stream: new Uint8Array(8).fill(6) },
    ...{ seq: 1, previous: new Uint8Array(32), frontier },
  };
  const body = Uint8Array.of(1, 2, 3);
  const sealed = sealMessage(crypto, place, mk, signing, body);
  const parts = decodeGroupMessage(sealed) as GroupMessageParts;

  it("opens with its key and is signed for its generation and frontier", () => {
    assert.deepEqual(openMessage(crypto, mk, parts), body);
    const signed = (over: typeof frontier, of = generation, by = signing.public) =>
      isSignedMessage(crypto, group, of, over, by, parts);
    assert.ok(signed(frontier));
    assert.ok(!signed([opId.from(new Uint8Array(32))]));
    assert.ok(!signed(frontier, someId(6)));
    assert.ok(!signed(frontier, generation, crypto.signingFromSeed(new Uint8Array(32)).public));
    assert.equal(sealed.length, 131 + 8 + body.length + 16 + 64 - 8);
  });

  it("is refused with any byte changed, and no bytes throw", () => {
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = sealed.slice();
        bytes[at] = (bytes[at] as number) ^ flip;
        const read = decodeGroupMessage(bytes);
        if (read === undefined) return;
        assert.ok(!isSignedMessage(crypto, group, generation, frontier, signing.public, read));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        decodeGroupMessage(bytes);
      }),
    );
  });

  it("opens with no other key, also where the cipher's tag would fit", () => {
    const next = takeKey(crypto, taken.chain, 2);
    assert.ok(next.kind === "key");
    assert.equal(openMessage(crypto, next.mk, parts), undefined);
    const check = parts.check.slice();
    check[0] = (check[0] as number) ^ 1;
    assert.equal(openMessage(crypto, mk, { ...parts, check }), undefined);
  });

  it("uses no nonce twice for one key, as a restored machine would", () => {
    const again = decodeGroupMessage(sealMessage(crypto, place, mk, signing, body));
    assert.notDeepEqual(again?.nonce, parts.nonce);
  });

  it("names its frontier by operations of the log, and by none that is lacking", () => {
    assert.deepEqual(
      frontiersOf(log, parts.frontier).map((heads) => heads.map(({ id }) => id)),
      [frontier],
    );
    assert.deepEqual(frontiersOf(log, [new Uint8Array(8)]), []);
  });

  it("is named by its author and id, and by its whole bytes in its stream", () => {
    const id = new Uint8Array(16);
    assert.notDeepEqual(groupMessageId(crypto, idOf(0), id), groupMessageId(crypto, idOf(1), id));
    const cut = concat(sealed.subarray(0, -1), Uint8Array.of((sealed.at(-1) as number) ^ 1));
    assert.notDeepEqual(messageHash(crypto, sealed), messageHash(crypto, cut));
  });
});

describe("group/signing-key", () => {
  const device = (i: number): DhKeyPair => crypto.dhFromSecret(new Uint8Array(32).fill(40 + i));
  const addressee = (i: number): Addressee => ({ member: idOf(i), device: device(i).public });
  const purpose = {
    ...{ group, generation: someId(5), member: idOf(0), slot: 0 },
    stream: new Uint8Array(8).fill(6),
  };
  const key = crypto.signingFromSeed(new Uint8Array(32).fill(8));
  const all = [addressee(1), addressee(2), addressee(3)];
  const ids = all.map(({ member }) => member);
  const record = signingKeyRecord(crypto, purpose, key, device(0), all);
  assert.ok(record);
  const check = (i: number, changed: Partial<typeof record> = {}, among = ids) =>
    checkSigningKey(
      crypto,
      group,
      { ...record, ...changed },
      device(0).public,
      { member: idOf(i), device: device(i) },
      among,
    );

  it("is confirmed to every recipient, and unconfirmed to others", () => {
    for (const i of [1, 2, 3]) assert.equal(check(i), "confirmed");
    assert.equal(check(4), "unconfirmed");
  });

  it("is refused with a MAC of another, a changed field or without its own signature", () => {
    const macs = record.macs.slice();
    macs.fill(0);
    assert.equal(check(1, { macs }), "refused");
    assert.equal(check(1, { stream: new Uint8Array(8) }), "refused");
    assert.equal(check(1, { slot: 1 }), "refused");
    assert.equal(check(1, { signature: new Uint8Array(64) }), "refused");
    assert.equal(check(1, {}, [...ids, idOf(4)]), "refused");
    const mallory = signingKeyRecord(crypto, purpose, key, device(9), all);
    assert.ok(mallory);
    assert.equal(check(1, mallory), "refused");
  });

  it("acknowledges to the author alone, with the numbers that were signed", () => {
    const fields = {
      from: memberId.bytes(idOf(1)),
      to: memberId.bytes(idOf(0)),
      ...{ stream: purpose.stream, upTo: 7, readUpTo: 5 },
      generation: generationId.bytes(purpose.generation),
    };
    const ack = makeAck(crypto, group, device(1), device(0).public, fields);
    assert.ok(ack);
    const good = (changed: Partial<typeof ack> = {}, from = 1) =>
      isAck(crypto, group, device(0), device(from).public, { ...ack, ...changed });
    assert.ok(good());
    assert.ok(!good({ upTo: 8 }));
    assert.ok(!good({ readUpTo: 7 }));
    assert.ok(!good({ generation: new Uint8Array(32) }));
    assert.ok(!good({}, 2));
  });
});
