import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import {
  type Holding,
  holdMessage,
  releaseMessage,
} from "../../../src/messenger/inbox/held-messages.ts";
import {
  newPairConversation,
  type PairConversation,
} from "../../../src/messenger/model/conversation.ts";
import { memoryStore } from "../../../src/store/index.ts";
import type { ReceivedMessage } from "../../../src/wire/index.ts";
import { seeded } from "../../scenario/chance.ts";

const crypto = nodeCrypto(seeded(1).bytes);
const FAR = limits.lamportStep + 100;

const message = (id: number, lamport: number): ReceivedMessage => ({
  id: new Uint8Array(16).fill(id),
  sequence: id,
  settled: 0,
  lamport,
  parents: [],
  sentAt: 0,
  body: { kind: "text", text: `${id}` },
});

/** A batch of incoming messages; `next` is one after it, with what it left in the store. */
async function batch(store = memoryStore(), conversation = newPairConversation(crypto, "ref")) {
  const taking: Holding<PairConversation, ReceivedMessage> = {
    conversation,
    held: new Map(),
    ops: [],
  };
  const hold = (...messages: readonly ReceivedMessage[]): void => {
    for (const one of messages) holdMessage(taking, one);
  };
  const reach = (lamport: number): void => {
    taking.conversation = { ...taking.conversation, lamport };
  };
  const next = async () => {
    await store.commit(taking.ops);
    return batch(store, taking.conversation);
  };
  return { taking, hold, reach, next, store, release: () => releaseMessage(store, taking) };
}

const rows = ({ store }: Awaited<ReturnType<typeof batch>>): number => store.snapshot().length;

describe("messages that are held back", () => {
  it("are released in the order of their values and ids, and leave no row", async () => {
    const { hold, next } = await batch();
    hold(message(3, FAR + 1), message(2, FAR), message(1, FAR), message(9, 9 * FAR));
    const later = await next();
    assert.equal(rows(later), 4);
    assert.equal(await later.release(), undefined);
    later.reach(FAR);
    const released = [await later.release(), await later.release(), await later.release()];
    assert.deepEqual(released, [message(1, FAR), message(2, FAR), message(3, FAR + 1)]);
    assert.equal(await later.release(), undefined);
    const last = await later.next();
    assert.equal(rows(last), 1);
    assert.equal(last.taking.conversation.held?.length, 1);
  });

  it("are released by the batch that held them, too", async () => {
    const { hold, reach, release, next } = await batch();
    hold(message(1, FAR));
    reach(FAR);
    assert.deepEqual(await release(), message(1, FAR));
    assert.equal(rows(await next()), 0);
  });

  it("are held once, however often they arrive, and count as nothing more", async () => {
    const { taking, hold, next } = await batch();
    hold(message(1, FAR), message(1, FAR));
    assert.equal(taking.conversation.held?.length, 1);
    assert.equal(taking.conversation.dropped ?? 0, 0);
    assert.equal(rows(await next()), 1);
  });

  it("are dropped and counted where no value of the order can reach theirs", async () => {
    const { taking, hold, next } = await batch();
    hold(message(1, limits.lamport), message(2, limits.lamport - 1));
    assert.equal(taking.conversation.dropped, 1);
    assert.equal(taking.conversation.held?.length, 1);
    assert.equal(rows(await next()), 1);
  });

  it("are passed over where a repair of the store could not save their row", async () => {
    const { hold, next, store } = await batch();
    hold(message(1, FAR), message(2, FAR + 1));
    const later = await next();
    const [lost] = store.snapshot().toSorted((one, other) => one.at - other.at);
    assert.ok(lost);
    await store.commit([{ kind: "delete", key: lost }]);
    later.reach(FAR);
    assert.deepEqual(await later.release(), message(2, FAR + 1));
    assert.equal(await later.release(), undefined);
    assert.deepEqual(later.taking.conversation.held, []);
  });
});
