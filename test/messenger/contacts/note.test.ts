import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { pairOf } from "../../scenario/acts.ts";

describe("a note of a contact", () => {
  it("stays on this node until it is deleted, and is bounded", async () => {
    const { world, alice, bob } = await pairOf(1);
    assert.equal(alice.contact("bob").note, undefined);
    await alice.messenger.setNote("bob", "met at the fair");
    await alice.restart();
    assert.equal(alice.contact("bob").note, "met at the fair");
    for (const note of ["x".repeat(limits.noteLength + 1), "\ud800"])
      await assert.rejects(alice.messenger.setNote("bob", note), { code: "note-invalid" });
    assert.equal(alice.contact("bob").note, "met at the fair");
    const { note } = await alice.messenger.setNote("bob", "");
    assert.equal(note, undefined);
    assert.equal(alice.contact("bob").note, undefined);
    assert.equal(bob.contact("alice").note, undefined);
    await world.stop();
  });
});
