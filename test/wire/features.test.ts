import assert from "node:assert/strict";
import { commonFeatures, encodeFeatures, type Feature } from "../../src/wire/index.ts";

const all: readonly Feature[] = ["files", "devices", "mailbox", "groups"];

describe("wire/features", () => {
  it("gives each feature its bit", () => {
    assert.deepEqual(
      all.map((feature) => encodeFeatures(new Set([feature]))),
      [1, 2, 4, 8],
    );
    assert.equal(encodeFeatures(new Set()), 0);
    assert.equal(encodeFeatures(new Set(all)), 0b1111);
  });

  it("uses the features that both sides have, and ignores unknown bits", () => {
    const ours = new Set<Feature>(["files", "groups"]);
    assert.deepEqual(commonFeatures(ours, 0), new Set());
    assert.deepEqual(commonFeatures(ours, 0b0111), new Set(["files"]));
    assert.deepEqual(commonFeatures(ours, 0xffffffff), ours);
    assert.deepEqual(commonFeatures(ours, 0xfffffff0), new Set());
    assert.deepEqual(commonFeatures(new Set(), 0xffffffff), new Set());
  });
});
