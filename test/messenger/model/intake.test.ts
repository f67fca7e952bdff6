import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { Intake, partsOf } from "../../../src/messenger/model/intake.ts";

const NOW = 1_760_000_000_000;
const SECOND = 1000;

describe("what a contact may make a node read and write", () => {
  it("has no pause within the burst, and one that pays the debt beyond it", () => {
    const intake = new Intake();
    intake.charge(limits.contactBurst, NOW);
    assert.equal(intake.pause(NOW), 0);
    intake.charge(limits.contactRate, NOW);
    assert.equal(intake.pause(NOW), SECOND);
    assert.equal(intake.pause(NOW + 400), 600);
    assert.equal(intake.pause(NOW + SECOND), 0);
  });

  it("never has a longer pause than a sender waits, and keeps the rest of the debt", () => {
    const intake = new Intake();
    intake.charge(limits.contactBurst + 25 * limits.contactRate, NOW);
    assert.equal(intake.pause(NOW), limits.contactPause);
    assert.equal(intake.pause(NOW + 10 * SECOND), limits.contactPause);
    assert.equal(intake.pause(NOW + 20 * SECOND), 5 * SECOND);
  });

  it("refills up to the burst, and no further", () => {
    const intake = new Intake();
    intake.charge(limits.contactBurst, NOW);
    intake.charge(limits.contactBurst + limits.contactRate, NOW + 86_400 * SECOND);
    assert.equal(intake.pause(NOW + 86_400 * SECOND), SECOND);
  });

  it("counts on from where the clock was set back to", () => {
    const intake = new Intake();
    intake.charge(limits.contactBurst + limits.contactRate, NOW);
    assert.equal(intake.pause(NOW - 3_600 * SECOND), SECOND);
    assert.equal(intake.pause(NOW - 3_599 * SECOND), 0);
  });
});

describe("frames in parts", () => {
  const frames = (...sizes: readonly number[]) => sizes.map((size) => new Uint8Array(size));
  const sizes = (all: readonly Uint8Array[]) =>
    [...partsOf(all)].map((part) => part.map(({ length }) => length));

  it("are bounded by number and by bytes, and keep their order", () => {
    assert.deepEqual(sizes([]), []);
    assert.deepEqual(sizes(frames(1, 2, 3)), [[1, 2, 3]]);
    const many = Array.from({ length: limits.receiveFrames + 1 }, (_, i) => i);
    assert.deepEqual(sizes(frames(...many)), [many.slice(0, -1), many.slice(-1)]);
    const half = limits.receiveBytes / 2;
    assert.deepEqual(sizes(frames(half, half, 1)), [[half, half], [1]]);
    assert.deepEqual(sizes(frames(2 * limits.receiveBytes, 1)), [[2 * limits.receiveBytes], [1]]);
  });
});
