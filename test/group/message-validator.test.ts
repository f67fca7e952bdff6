import assert from "node:assert/strict";
import { concat, labels, u32, utf8 } from "../../src/base/index.ts";
import { generationId, groupId, type MemberId, opId, streamId } from "../../src/group/ids.ts";
import { groupMessageKey } from "../../src/group/keys.ts";
import { groupLimits } from "../../src/group/limits.ts";
import { frontiersOf, messageHash, sealMessage } from "../../src/group/message.ts";
import { MessageValidator, type ValidatorSource } from "../../src/group/message-validator.ts";
import { groupMessageBytes } from "../../src/wire/index.ts";
import { SimTime } from "../scenario/time.ts";
import { crypto, newGroup, person } from "./people.ts";

const alice = person(1);
const { group, log, created } = newGroup(alice);
const author = alice.author(group).member;
const peer = "0b".repeat(16) as MemberId;
const generation = generationId.from(crypto.sha256(u32(1)));
const stream = streamId.from(crypto.sha256(u32(2)).slice(0, 8));
const key = crypto.signingFromSeed(crypto.sha256(u32(3)));

function sealed(seq = 1, frontier = [created.op.id], by = key): Uint8Array {
  const place = { group, generation, member: author, slot: 0, seq, previous: new Uint8Array(32) };
  const mk = groupMessageKey(crypto.sha256(u32(seq)));
  return sealMessage(
    crypto,
    { ...place, stream: streamId.bytes(stream), frontier },
    mk,
    by,
    u32(seq),
  );
}

function validator(changed: Partial<ValidatorSource> = {}) {
  const time = new SimTime();
  const pending: Uint8Array[] = [];
  const source: ValidatorSource = {
    group,
    mayWrite: (member) => member === author,
    isCut: () => false,
    hashOf: () => undefined,
    frontiers: (prefixes) => frontiersOf(log, prefixes),
    streamKey: () => ({ member: author, generation, key: key.public }),
    pending: (message) => pending.push(message),
    ...changed,
  };
  const validating = new MessageValidator(crypto, time, source);
  return { time, pending, judge: (message: Uint8Array) => validating.validate(message, peer) };
}
const unknownOp = created.op.id.replace(/^../, (byte) =>
  byte === "00" ? "01" : "00",
) as typeof created.op.id;

describe("group/message-validator", () => {
  it("accepts a signed message of a member that may write", () =>
    assert.equal(validator().judge(sealed()), "accept"));

  it("rejects what no honest member forwards", () => {
    const message = sealed();
    const { judge } = validator();
    const other = message.slice();
    other[other.length - 1] = (other.at(-1) as number) ^ 1;
    assert.equal(judge(other), "reject", "a signature");
    assert.equal(judge(message.slice(0, 100)), "reject", "a form");
    assert.equal(judge(new Uint8Array(groupMessageBytes + 1).fill(1)), "reject", "a size");
    const forged = sealed(1, undefined, crypto.signingFromSeed(new Uint8Array(32)));
    assert.equal(judge(forged), "reject", "another key");
  });

  it("ignores messages of members that may not write, or beyond a cut, or known", () => {
    const message = sealed();
    assert.equal(validator({ mayWrite: () => false }).judge(message), "ignore");
    assert.equal(
      validator({ isCut: (_, of, seq) => of === stream && seq === 1 }).judge(message),
      "ignore",
    );
    const hashOf = () => messageHash(crypto, message);
    assert.equal(validator({ hashOf }).judge(message), "ignore");
    // Another message at the same place is a fork, which is to be shown.
    assert.equal(validator({ hashOf: () => new Uint8Array(32) }).judge(message), "accept");
  });

  it("keeps for later what it cannot judge: without key, op or add of its author", () => {
    const cases: readonly [Partial<ValidatorSource>, Uint8Array][] = [
      [{ streamKey: () => undefined }, sealed()],
      [{}, sealed(1, [unknownOp])],
      [{ mayWrite: () => false }, sealed(1, [unknownOp])],
    ];
    for (const [changed, message] of cases) {
      const { judge, pending } = validator(changed);
      assert.equal(judge(message), "ignore");
      assert.deepEqual(pending, [message]);
    }
  });

  it("ignores a message of a stream that another member stated", () => {
    const { judge } = validator({
      streamKey: () => ({ member: peer, generation, key: key.public }),
    });
    assert.equal(judge(sealed()), "ignore");
  });

  it("rejects one that is signed for another generation than it names", () => {
    const other = generationId.from(crypto.sha256(u32(9)));
    const { judge } = validator({
      streamKey: () => ({ member: author, generation: other, key: key.public }),
    });
    const message = sealed();
    const unsigned = message.subarray(0, -64);
    const claim = concat(
      utf8(labels.groupMessage),
      groupId.bytes(group),
      generationId.bytes(other),
      Uint8Array.of(1),
      opId.bytes(created.op.id),
      unsigned,
    );
    assert.equal(judge(concat(unsigned, crypto.sign(key, claim))), "reject");
  });

  it("accepts a burst of an author and then two a second, before it verifies signatures", () => {
    let verified = 0;
    const { judge, time } = validator({
      streamKey: () => {
        verified++;
        return { member: author, generation, key: key.public };
      },
    });
    const verdicts = () => Array.from({ length: 40 }, (_, i) => judge(sealed(i + 1)));
    const accepted = (all: readonly string[]) => all.filter((one) => one === "accept").length;
    assert.equal(accepted(verdicts()), groupLimits.messageBurst);
    assert.equal(verified, groupLimits.messageBurst);
    return time.pass(3_000).then(() => {
      assert.equal(accepted(verdicts()), 3 * groupLimits.messagesPerSecond);
    });
  });
});
