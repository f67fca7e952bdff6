import assert from "node:assert/strict";
import fc from "fast-check";
import { limits, messageId, toHex } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { applyMessage } from "../../../src/messenger/inbox/apply-message.ts";
import {
  type Contact,
  newContact,
  withConversation,
} from "../../../src/messenger/model/contact.ts";
import type { MessageRow } from "../../../src/messenger/model/message.ts";
import { decodeRow } from "../../../src/messenger/model/rows.ts";
import { MessageBatch } from "../../../src/messenger/state/message-batch.ts";
import { type MemoryStore, memoryStore } from "../../../src/store/index.ts";
import type { Body, ReceivedMessage } from "../../../src/wire/index.ts";
import { seeded } from "../../scenario/chance.ts";

const crypto = nodeCrypto(seeded(1).bytes);
const TEXTS = 3;
const idOf = (number: number) => new Uint8Array(16).fill(number);
const OURS = idOf(100);
const NOWHERE = idOf(101);

const ours: MessageRow = {
  id: messageId.from(OURS),
  direction: "out",
  text: "ours",
  state: "delivered",
  sequence: 1,
  lamport: 1,
  parents: [],
  sentAt: 0,
};

async function place(): Promise<{ store: MemoryStore; contact: Contact }> {
  const store = memoryStore();
  const fields = { account: "a" as never, name: "bob", named: true, role: "a" as const };
  const fresh = newContact(crypto, 0, { ...fields, ref: "ref" });
  const conversation = { ...fresh.conversation, sequence: 1, nextAt: 2 };
  const contact = { ...fresh, conversation };
  const changes = new MessageBatch(store, conversation);
  changes.set(1, ours, "new");
  await store.commit(changes.ops());
  return { store, contact };
}

/** Takes messages one batch each, or all in one. @returns what is left. */
async function take(messages: readonly ReceivedMessage[], together = false) {
  const { store, contact: fresh } = await place();
  let contact = fresh;
  for (const batch of together ? [messages] : messages.map((one) => [one])) {
    const taking = {
      contact,
      conversation: contact.conversation,
      changes: new MessageBatch(store, contact.conversation),
      early: new Map(),
      invited: false,
      held: new Map(),
      ops: [],
      now: 0,
    };
    for (const message of batch) await applyMessage({ store }, taking, message);
    const order = await taking.changes.orderOps();
    await store.commit([...taking.changes.ops(), ...order, ...taking.ops]);
    contact = withConversation(taking.contact, taking.conversation);
  }
  return { store, contact };
}

/** What a person would see, by the ids of messages; places and the order of arrival aside. */
function shown(store: MemoryStore) {
  const rows = store.snapshot().filter(({ table }) => table === "message");
  return Object.fromEntries(
    rows
      .map(({ value }) => decodeRow<MessageRow>(value))
      // A timer that came too late to hold says nothing.
      .filter(({ notice }) => notice === undefined)
      .map(
        ({ id, text, edited, deleted, reactions }) =>
          [id, { text, edited: edited?.id, deleted, emoji: reactions?.in?.emoji ?? "" }] as const,
      )
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

const target = fc.constantFrom(
  ...Array.from({ length: TEXTS }, (_, i) => idOf(i + 1)),
  OURS,
  NOWHERE,
);
const act: fc.Arbitrary<Body> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      target,
      text: fc.constantFrom("x", "y", "z"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), target }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("reaction" as const),
      target,
      emoji: fc.constantFrom("", "a", "b"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("timer" as const),
      ms: fc.constantFrom(0, 5000, 60_000),
    }),
  },
);

const messageOf = (body: Body, number: number, lamport: number): ReceivedMessage => ({
  id: idOf(number + 1),
  sequence: number + 1,
  settled: 0,
  lamport,
  parents: [],
  sentAt: 0,
  body,
});

/**
 * Texts and acts of one author, in the order in which they were written; Lamport times may lie, and
 * be the same.
 */
const written = fc
  .array(fc.tuple(act, fc.integer({ min: 1, max: 4 })), { maxLength: 12 })
  .map((acts) => [
    ...Array.from({ length: TEXTS }, (_, i) =>
      messageOf({ kind: "text", text: `text ${i}` }, i, 1),
    ),
    ...acts.map(([body, lamport], i) => messageOf(body, TEXTS + i, lamport)),
  ]);

describe("what a peer says", () => {
  it("comes to the same in every order, however often, one by one or all at once", async () => {
    const order = written.chain((messages) =>
      fc.tuple(
        fc.constant(messages),
        fc.shuffledSubarray([...messages, ...messages], { minLength: 2 * messages.length }),
        fc.boolean(),
      ),
    );
    await fc.assert(
      fc.asyncProperty(order, async ([messages, shuffled, together]) => {
        const straight = await take(messages);
        const mixed = await take(shuffled, together);
        assert.deepEqual(shown(mixed.store), shown(straight.store));
        const [other, one] = [mixed.contact.conversation, straight.contact.conversation];
        assert.deepEqual(other.timer, one.timer);
        assert.deepEqual(other.received, one.received);
        assert.equal(other.received.upTo, messages.length);
        // What may not be changed is as it was.
        const mine = shown(mixed.store)[messageId.from(OURS)];
        assert.deepEqual([mine?.text, mine?.deleted, mine?.edited], ["ours", undefined, undefined]);
      }),
      { numRuns: 200 },
    );
  });

  it("orders acts of one time by their ids' bytes", async () => {
    const edit = (text: string, id: Uint8Array, sequence: number): ReceivedMessage => ({
      ...messageOf({ kind: "edit", target: idOf(1), text }, sequence, 5),
      id,
    });
    // In base32 the second begins with a digit, which sorts before every letter as text.
    const [low, high] = [edit("low", idOf(0x10), 1), edit("high", idOf(0xf8), 2)];
    const first = messageOf({ kind: "text", text: "first" }, 0, 1);
    for (const order of [
      [low, high],
      [high, low],
    ])
      assert.equal(
        shown((await take([first, ...order])).store)[messageId.from(idOf(1))]?.text,
        "high",
        order.map(({ id }) => toHex(id)).join(),
      );
  });

  it("keeps a bounded number of acts for messages that are not here, the newest, and forgets them with the message", async () => {
    const many = Array.from(
      { length: limits.earlyActs + 10 },
      (_, i): ReceivedMessage => ({
        ...messageOf({ kind: "edit", target: idOf(1), text: `edit ${i}` }, i + 1, i + 1),
        id: crypto.random(16),
      }),
    );
    const early = await take(many);
    const rows = () => early.store.snapshot().filter(({ table }) => table === "early").length;
    assert.equal(rows(), limits.earlyActs);
    assert.equal(early.contact.conversation.early?.length, limits.earlyActs);
    const taking = {
      contact: early.contact,
      conversation: early.contact.conversation,
      changes: new MessageBatch(early.store, { ref: "ref", lamport: 0 }),
      early: new Map(),
      invited: false,
      held: new Map(),
      ops: [],
      now: 0,
    };
    await applyMessage(early, taking, messageOf({ kind: "text", text: "late" }, 0, 1));
    await early.store.commit([...taking.changes.ops(), ...taking.ops]);
    assert.equal(rows(), 0);
    assert.deepEqual(taking.conversation.early, []);
    assert.equal(shown(early.store)[messageId.from(idOf(1))]?.text, `edit ${many.length - 1}`);
  });

  it("leaves the notice of a timer as it is, whatever its author does to it", async () => {
    const acts: readonly Body[] = [
      { kind: "edit", target: idOf(1), text: "not what was set" },
      { kind: "reaction", target: idOf(1), emoji: "a" },
      { kind: "delete", target: idOf(1) },
    ];
    const notice = async (bodies: readonly Body[]) => {
      const { store } = await take([
        messageOf({ kind: "timer", ms: 60_000 }, 0, 1),
        ...bodies.map((body, i) => messageOf(body, i + 1, i + 2)),
      ]);
      const rows = store.snapshot().filter(({ table }) => table === "message");
      return rows.map(({ value }) => decodeRow<MessageRow>(value)).filter((row) => row.notice);
    };
    for (const act of acts) assert.deepEqual(await notice([act]), await notice([]));
  });

  for (const together of [true, false])
    it(`drops and counts messages of one value beyond a limit, ${together ? "" : "not "}in one batch`, async () => {
      const many = Array.from(
        { length: limits.lamportLines + 3 },
        (_, i): ReceivedMessage => ({
          ...messageOf({ kind: "text", text: `${i}` }, i + 1, 7),
          id: crypto.random(16),
        }),
      );
      const { store, contact } = await take(many, together);
      assert.equal(Object.keys(shown(store)).length, 1 + limits.lamportLines);
      assert.equal(contact.conversation.dropped, 3);
      assert.equal(contact.conversation.unread, limits.lamportLines);
    });

  it("drops and counts a value that is never valid, and acknowledges it", async () => {
    const text: Body = { kind: "text", text: "from the end of time" };
    const lamports = [limits.lamport, Number.MAX_SAFE_INTEGER];
    const { contact, store } = await take(
      lamports.map((lamport, i) => messageOf(text, i, lamport)),
    );
    const { dropped, held, lamport, received } = contact.conversation;
    assert.deepEqual([dropped, held, lamport, received.upTo], [2, undefined, 0, 2]);
    assert.deepEqual(Object.keys(shown(store)), [messageId.from(OURS)]);
  });

  /** A text at a place in the order. */
  const said = (number: number, lamport: number, ...parents: number[]): ReceivedMessage => ({
    ...messageOf({ kind: "text", text: `text ${number}` }, number, lamport),
    parents: parents.map((parent) => idOf(parent + 1)),
  });
  const rowOf = (store: MemoryStore, number: number): MessageRow => {
    const rows = store.snapshot().filter(({ table }) => table === "message");
    const all = rows.map(({ value }) => decodeRow<MessageRow>(value));
    return all.find(({ id }) => id === messageId.from(idOf(number + 1))) as MessageRow;
  };

  it("is marked late where it belongs before a text that is here", async () => {
    const { store, contact } = await take([said(0, 5), said(1, 4), said(2, 6, 0)]);
    assert.deepEqual(
      [0, 1, 2].map((number) => rowOf(store, number).late),
      [undefined, true, undefined],
    );
    assert.deepEqual(
      contact.conversation.heads.map(({ id }) => id),
      [1, 2].map((number) => messageId.from(idOf(number + 1))),
    );
    assert.equal(contact.conversation.last?.lamport, 6);
  });

  it("passes over a parent whose value is not below its own, as a head and as an older text", async () => {
    const { store, contact } = await take([said(0, 5), said(1, 6, 0), said(2, 5, 0, 1)]);
    assert.deepEqual(rowOf(store, 1).parents, [messageId.from(idOf(1))]);
    assert.deepEqual(rowOf(store, 2).parents, []);
    // What it does not follow stays a head.
    assert.equal(contact.conversation.heads.length, 2);
  });

  it("names the parents that are not here, but for one that was deleted before it arrived", async () => {
    const gone = messageOf({ kind: "delete", target: idOf(8) }, 0, 1);
    const { store } = await take([gone, said(1, 5, 7, 8), said(2, 6, 1)]);
    assert.deepEqual(rowOf(store, 1).missing, [messageId.from(idOf(9))]);
    assert.equal(rowOf(store, 2).missing, undefined);
  });

  it("counts nothing as unread that was deleted before it came", async () => {
    const gone = [
      messageOf({ kind: "delete", target: idOf(1) }, 1, 2),
      messageOf({ kind: "text", text: "?" }, 0, 1),
    ];
    const { contact, store } = await take(gone);
    assert.equal(contact.conversation.unread, 0);
    assert.ok(store.snapshot().every(({ value }) => !Buffer.from(value).includes('"?"')));
  });

  it("of a newer kind is acknowledged, and shown only where it is something to show", async () => {
    const newer = (body: ReceivedMessage["body"], number: number): ReceivedMessage => ({
      ...messageOf({ kind: "timer", ms: 0 }, number, 1),
      body,
    });
    const { contact, store } = await take([
      newer({ kind: "newer-act" }, 0),
      newer({ kind: "newer", text: "" }, 1),
      newer({ kind: "newer", text: "a picture" }, 2),
    ]);
    assert.equal(contact.conversation.received.upTo, 3);
    assert.equal(contact.conversation.unread, 2);
    const texts = Object.values(shown(store)).map(({ text }) => text);
    assert.equal(texts.filter((text) => text.includes("newer version of Sotto")).length, 1);
    assert.ok(texts.includes("a picture"));
  });
});
