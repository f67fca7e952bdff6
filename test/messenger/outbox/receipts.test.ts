import assert from "node:assert/strict";
import { limits, messageId } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { newPairConversation } from "../../../src/messenger/model/conversation.ts";
import { type MessageRow, putMessage } from "../../../src/messenger/model/message.ts";
import type { OutboxEntry } from "../../../src/messenger/model/peer.ts";
import { settleDelivered, settleRead } from "../../../src/messenger/outbox/receipts.ts";
import { MessageBatch } from "../../../src/messenger/state/message-batch.ts";
import { memoryStore } from "../../../src/store/index.ts";
import { seeded } from "../../scenario/chance.ts";

/** Three messages on the wire, at places 1 to 3. */
async function wire() {
  const crypto = nodeCrypto(seeded(1).bytes);
  const store = memoryStore();
  const conversation = { ...newPairConversation(crypto, "ref"), sequence: 3, nextAt: 4 };
  const outbox = new Map<number, OutboxEntry>();
  for (let at = 1; at <= 3; at++) {
    const id = messageId.from(crypto.random(16));
    const row: MessageRow = {
      id,
      direction: "out",
      text: `${at}`,
      state: "queued",
      sequence: at,
      lamport: at,
      parents: [],
      sentAt: 0,
    };
    await store.commit([putMessage(conversation.ref, at, row)]);
    const sealed = at < 3 ? new Uint8Array(1) : undefined;
    const common = { session: undefined, transit: undefined };
    outbox.set(at, { id, at, sequence: at, sealed, ...common });
  }
  return { store, conversation, outbox };
}

const ack = (upTo: number, readUpTo = 0) => ({ upTo, bits: new Uint8Array(0), readUpTo });

/** Which places a receipt settled, and what became of the rows. */
async function settle(
  { store, conversation, outbox }: Awaited<ReturnType<typeof wire>>,
  upTo: number,
) {
  const changes = new MessageBatch(store, conversation);
  const gone = new Set<number>();
  const settled = await settleDelivered(changes, conversation, outbox, gone, ack(upTo));
  return { ...settled, changes, moved: changes.list().map(({ at }) => at), gone: [...gone] };
}

describe("a receipt", () => {
  it("settles what was sent, and moves the floor behind it", async () => {
    const { moved, gone, conversation } = await settle(await wire(), 2);
    assert.deepEqual(
      [moved, gone],
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.equal(conversation.settled, 2);
  });

  it("for a message that was not sealed yet settles only the others", async () => {
    assert.deepEqual((await settle(await wire(), 3)).moved, [1, 2]);
  });

  it("for more than was ever written is not believed at all", async () => {
    const given = await wire();
    const { moved, gone, changes } = await settle(given, 4);
    assert.deepEqual([moved, gone], [[], []]);
    const read = await settleRead(given.store, changes, given.conversation, 4);
    assert.deepEqual(changes.list(), []);
    assert.equal(read, given.conversation);
  });

  it("passes over no message that waits, so that a later one reaches it", async () => {
    const { store, conversation } = await wire();
    let now = conversation;
    const read = async (upTo: number) => {
      const delivered = new MessageBatch(store, conversation);
      const row = await delivered.row(upTo);
      assert.ok(row);
      delivered.set(upTo, { ...row, state: "delivered" }, "state");
      await store.commit(delivered.ops());
      const changes = new MessageBatch(store, conversation);
      now = await settleRead(store, changes, now, upTo);
      await store.commit(changes.ops());
      return changes.list().map(({ at }) => at);
    };
    assert.deepEqual([await read(1), await read(2), await read(3)], [[1], [2], [3]]);
  });

  it("for each message in turn reads one page, however many there are", async () => {
    const { store, conversation } = await wire();
    const count = 400;
    for (let at = 1; at <= count; at++) {
      const row: MessageRow = {
        id: messageId.from(nodeCrypto(seeded(at).bytes).random(16)),
        direction: at % 4 === 0 ? "in" : "out",
        text: `${at}`,
        state: at % 4 === 0 ? "received" : at % 9 === 0 ? "failed" : "delivered",
        // The contact numbers its own messages.
        sequence: at % 4 === 0 ? 9_000 + at : at,
        lamport: at,
        parents: [],
        sentAt: 0,
      };
      await store.commit([putMessage(conversation.ref, at, row)]);
    }
    let rowsRead = 0;
    const watched: typeof store = Object.create(store, {
      list: {
        value: async (...args: Parameters<typeof store.list>) => {
          const rows = await store.list(...args);
          rowsRead += rows.length;
          return rows;
        },
      },
    });
    let now = { ...conversation, sequence: count, nextAt: count + 1 };
    const read: number[] = [];
    for (let upTo = 1; upTo <= count; upTo++) {
      const changes = new MessageBatch(store, conversation);
      now = { ...now, ...(await settleRead(watched, changes, now, upTo)) };
      read.push(...changes.list().map(({ at }) => at));
      await store.commit(changes.ops());
    }
    const delivered = Array.from({ length: count }, (_, i) => i + 1).filter(
      (at) => at % 4 !== 0 && at % 9 !== 0,
    );
    assert.deepEqual(read, delivered);
    assert.equal(now.peerReadUpTo, count);
    assert.ok(rowsRead <= count * (limits.messagePage + 4), `${rowsRead} rows`);
  });
});
