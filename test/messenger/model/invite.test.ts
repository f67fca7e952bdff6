import assert from "node:assert/strict";
import { type AccountId, type InviteId, limits } from "../../../src/base/index.ts";
import {
  answersHellos,
  answerTo,
  type Claim,
  claimBy,
  isPublished,
  isStale,
  type KeptInvite,
  opensOffers,
  withAnswer,
  withClaim,
} from "../../../src/messenger/model/invite.ts";

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

const claimNumber = (number: number): Uint8Array => {
  const claim = new Uint8Array(32);
  new DataView(claim.buffer).setUint32(0, number);
  return claim;
};
const claimOf = (number: number, answer: Claim["answer"], at = NOW): Claim => ({
  claim: claimNumber(number),
  account: `account ${number}` as AccountId,
  answer,
  at,
});
const reusable: KeptInvite = {
  id: "id" as InviteId,
  kind: "reusable",
  secret: new Uint8Array(16),
  expiresAt: NOW + 30 * DAY,
  claims: [],
};

describe("messenger, the model of an invite", () => {
  it("answers its holders while it is open and no one once it has ended, with or without claims", () => {
    const answers = (invite: KeptInvite) => [
      answersHellos(invite, NOW),
      answerTo(invite, claimNumber(1), NOW),
      answerTo(invite, claimNumber(2), NOW),
      isPublished(invite, NOW, () => true),
      opensOffers(invite, NOW, () => true),
    ];
    const used: KeptInvite = { ...reusable, kind: "once", claims: [claimOf(1, "accepted")] };
    assert.deepEqual(answers(used), [true, "handshake", "used", true, true]);
    for (const kind of ["once", "reusable"] as const) {
      const dead: KeptInvite = { ...used, kind, end: "dead" };
      assert.deepEqual(answers(dead), [false, undefined, undefined, false, false]);
    }
  });

  it("is closed to unknown accounts after 1,000, and still answers those that it has", () => {
    let invite = reusable;
    for (let n = 0; n < limits.inviteClaims; n++) {
      assert.equal(answerTo(invite, claimNumber(n), NOW), "handshake");
      invite = withClaim(invite, claimOf(n, "pending"));
    }
    assert.equal(answerTo(invite, claimNumber(5_000), NOW), "expired");
    assert.equal(answerTo(invite, claimNumber(7), NOW), "pending");
  });

  it("keeps one claim of an account, and the time of an answer that is repeated", () => {
    const first = withClaim(reusable, claimOf(1, "accepted", NOW));
    const again = withClaim(first, {
      ...claimOf(1, "accepted", NOW + DAY),
      claim: claimNumber(2),
    });
    assert.deepEqual(again.claims, [{ ...claimOf(1, "accepted", NOW), claim: claimNumber(2) }]);
    const denied = withAnswer(again, "account 1" as AccountId, "denied", NOW + 2 * DAY);
    assert.equal(claimBy(denied, "account 1" as AccountId)?.at, NOW + 2 * DAY);
    assert.equal(withAnswer(denied, "account 1" as AccountId, "denied", NOW), denied);
    assert.equal(withAnswer(denied, "account 9" as AccountId, "denied", NOW), denied);
  });

  it("counts 30 days from acceptance, also where the clock was set back since", () => {
    const used: KeptInvite = {
      ...reusable,
      kind: "once",
      expiresAt: NOW + DAY,
      claims: [claimOf(1, "accepted")],
    };
    const answered = (now: number) => answerTo(used, claimNumber(1), now) === "handshake";
    for (const days of [-31, -29, 0, 29, 31]) {
      const now = NOW + days * DAY;
      assert.equal(answered(now), Math.abs(days) <= 30, `${days} days`);
      assert.equal(answersHellos(used, now), Math.abs(days) <= 30, `${days} days`);
    }
    assert.ok(!isStale(used, NOW + 30 * DAY));
    assert.ok(isStale(used, NOW + 32 * DAY));
  });
});
