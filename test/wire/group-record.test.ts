import assert from "node:assert/strict";
import { groupRecordKinds, joinGroupRecord, splitGroupRecord } from "../../src/wire/index.ts";

describe("wire/group-keys: a record", () => {
  it("has its kind in the first byte, numbered from 1 as in WIRE", () => {
    const bytes = Uint8Array.of(7, 8);
    for (const [at, kind] of groupRecordKinds.entries()) {
      const record = joinGroupRecord({ kind, bytes });
      assert.deepEqual(record, Uint8Array.of(at + 1, 7, 8));
      assert.deepEqual(splitGroupRecord(record), { kind, bytes });
    }
    const [op, announcement, keyPackage, signingKey, ack] = groupRecordKinds;
    assert.deepEqual(
      [op, announcement, keyPackage, signingKey, ack],
      ["op", "announcement", "key-package", "signing-key", "ack"],
    );
  });

  it("is refused with an unknown kind or none", () => {
    for (const from of [[], [0, 1], [6, 1], [255, 1]])
      assert.equal(splitGroupRecord(Uint8Array.from(from)), undefined);
  });
});
