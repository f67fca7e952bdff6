import assert from "node:assert/strict";
import { messageId } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { newContact } from "../../src/messenger/contact.ts";
import { type MessageRow, putMessage } from "../../src/messenger/message.ts";
import type { OutboxEntry } from "../../src/messenger/peer.ts";
import { settleDelivered, settleRead } from "../../src/messenger/receipts.ts";
import { memoryStore } from "../../src/store/index.ts";
import { seeded } from "../scenario/chance.ts";

/** Three messages on the wire, at places 1 to 3. */
async function wire() {
  const crypto = nodeCrypto(seeded(1).bytes);
  const store = memoryStore();
  const contact = {
    ...newContact(crypto, 0, { account: "a" as never, name: "bob", named: true, role: "a" }),
    sequence: 3,
    nextAt: 4,
  };
  const outbox = new Map<number, OutboxEntry>();
  for (let at = 1; at <= 3; at++) {
    const id = messageId.from(crypto.random(16));
    const row: MessageRow = {
      id,
      direction: "out",
      text: `${at}`,
      state: "waiting",
      sequence: at,
      lamport: at,
      parents: [],
      sentAt: 0,
    };
    await store.commit([putMessage(contact.ref, at, row)]);
    const sealed = at < 3 ? new Uint8Array(1) : undefined;
    const common = { session: undefined, link: undefined, sent: false };
    outbox.set(at, { id, at, sequence: at, sealed, ...common });
  }
  return { store, contact, outbox };
}

const ack = (upTo: number, readUpTo = 0) => ({ upTo, bits: new Uint8Array(0), readUpTo });

describe("a receipt", () => {
  it("settles what was sent, and moves the floor behind it", async () => {
    const { store, contact, outbox } = await wire();
    const settled = await settleDelivered(store, contact, outbox, ack(2));
    assert.deepEqual(
      settled.moved.map(({ at }) => at),
      [1, 2],
    );
    assert.equal(settled.contact.settled, 2);
  });

  it("for a message that was not sealed yet settles only the others", async () => {
    const { store, contact, outbox } = await wire();
    const settled = await settleDelivered(store, contact, outbox, ack(3));
    assert.deepEqual(
      settled.moved.map(({ at }) => at),
      [1, 2],
    );
  });

  it("for more than was ever written is not believed at all", async () => {
    const { store, contact, outbox } = await wire();
    const settled = await settleDelivered(store, contact, outbox, ack(4));
    assert.deepEqual(settled.moved, []);
    const read = await settleRead(store, contact, new Map(), 4);
    assert.deepEqual(read.moved, []);
    assert.equal(read.contact, contact);
  });
});
