import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { newContact } from "../../../src/messenger/model/contact.ts";
import { newPeer, type Peer } from "../../../src/messenger/model/peer.ts";
import { ContactHandles } from "../../../src/messenger/state/contact-handles.ts";
import { memoryStore } from "../../../src/store/index.ts";
import { seeded } from "../../scenario/chance.ts";

const crypto = nodeCrypto(seeded(1).bytes);

function peerOf(handle?: string): Peer {
  const fields = { account: "a".repeat(52) as never, name: "x", named: true, role: "a" as const };
  return newPeer(newContact(crypto, 0, { ...fields, ...(handle !== undefined && { handle }) }));
}

describe("the handles of removed contacts", () => {
  it("are kept up to a number, and the newest ones until their time is over", async () => {
    const store = memoryStore();
    const handles = new ContactHandles();
    for (let n = 0; n <= limits.reservedHandles; n++)
      await store.commit(handles.reserve(peerOf(`h${n}`), n));
    const { reservedHandles: most, handleReserved } = limits;
    assert.deepEqual(handles.reserve(peerOf(), 5), []);
    for (const [now, first] of [
      [most, 1],
      [handleReserved + 10, 11],
    ] as const) {
      const read = new ContactHandles();
      await read.load(store, now);
      const taken = (n: number): boolean => read.isTaken(`h${n}`, undefined);
      assert.deepEqual([taken(first - 1), taken(first), taken(most)], [false, true, true]);
    }
  });
});

describe("the handles of contacts", () => {
  it("are unique, also while one is about to be committed", () => {
    const handles = new ContactHandles();
    const [one, other] = [peerOf("bob"), peerOf()];
    handles.set(one);
    handles.set(other);
    assert.deepEqual([handles.of(one), handles.find("bob")], ["bob", one]);
    assert.ok(handles.isTaken("bob", other));
    assert.ok(!handles.isTaken("bob", one));
    const release = handles.hold(other, "carol");
    assert.ok(handles.isTaken("carol", one));
    release();
    assert.ok(!handles.isTaken("carol", one));
    handles.delete(one);
    assert.equal(handles.find("bob"), undefined);
  });
});
