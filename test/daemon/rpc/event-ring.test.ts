import assert from "node:assert/strict";
import type { NodeEvent } from "../../../src/api/index.ts";
import type { MessageId } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { createEventRing } from "../../../src/daemon/rpc/event-ring.ts";
import { account, conversation, message } from "../fake.ts";

const crypto = nodeCrypto();
const request = (until: number): NodeEvent => ({
  type: "contact.request",
  contact: { account: String(until) } as never,
});
const arrived = (text: string, id = message.id): NodeEvent => ({
  type: "message.new",
  message: { ...message, id, text, state: "received" },
});
const other = "d".repeat(26) as MessageId;
const changed = (what: "edited" | "deleted" | "reacted", text: string): NodeEvent => ({
  type: "message.changed",
  message: { ...message, text, deleted: what === "deleted", state: "read" },
  what,
});
const cursorOf = (event: NodeEvent): string => event.streamCursor ?? assert.fail("no cursor");
/** What is left of some events, without their cursors. */
const bare = (events: readonly NodeEvent[] | undefined) =>
  events?.map(({ streamCursor: _, ...event }) => event);

describe("daemon/ring", () => {
  it("gives the events after each cursor, in order, and none after the newest", () => {
    const ring = createEventRing(crypto);
    const start = ring.now();
    const events = [1, 2, 3].map((each) => ring.add(request(each)));
    assert.deepEqual(ring.since(start), events);
    for (const [i, event] of events.entries())
      assert.deepEqual(ring.since(cursorOf(event)), events.slice(i + 1));
    assert.deepEqual(ring.since(ring.now()), []);
  });

  it("knows no cursor of another run, of an event that had to go, or that is none", () => {
    const most = { events: 3, characters: 1e6 };
    const [ring, another] = [createEventRing(crypto, most), createEventRing(crypto, most)];
    const start = ring.now();
    const events = [1, 2, 3, 4, 5].map((each) => ring.add(request(each)));
    const cursors = events.map(cursorOf);
    for (const text of [start, cursors[0], another.now(), "", "x", "A".repeat(48), "\u0000é"])
      assert.equal(ring.since(text ?? ""), undefined, text);
    assert.deepEqual(ring.since(cursors[1] ?? ""), events.slice(2));
    const flipped = `${cursors[4]?.slice(0, -2)}AA`;
    assert.equal(ring.since(flipped), undefined);
  });

  it("is bounded by the size of its events, also by that of a single one", () => {
    const ring = createEventRing(crypto, { events: 100, characters: 5_000 });
    const first = ring.add(arrived("x".repeat(2_000)));
    const second = ring.add(arrived("y".repeat(2_000), other));
    assert.deepEqual(ring.since(cursorOf(first)), [second]);
    const huge = ring.add(arrived("z".repeat(9_000)));
    assert.equal(ring.since(cursorOf(second)), undefined);
    assert.deepEqual(ring.since(cursorOf(huge)), []);
    const last = ring.add(request(1));
    assert.deepEqual(ring.since(cursorOf(huge)), [last]);
  });

  it("holds no text that was edited, and shows the event with the present one", () => {
    const ring = createEventRing(crypto);
    const start = ring.now();
    ring.add(arrived("former"));
    ring.add(arrived("another", other));
    ring.add(changed("reacted", "former"));
    ring.add(changed("edited", "present"));
    assert.deepEqual(bare(ring.since(start)), [
      arrived("present"),
      arrived("another", other),
      changed("reacted", "present"),
      changed("edited", "present"),
    ]);
    ring.add(changed("deleted", ""));
    assert.ok(!JSON.stringify(ring.since(start)).includes("present"));
  });

  it("holds nothing of a message or a contact that was removed, but the removal", () => {
    const ring = createEventRing(crypto);
    const start = ring.now();
    ring.add(arrived("secret"));
    const kept = ring.add(arrived("another", other));
    const gone: NodeEvent = { type: "message.removed", account, ref: account, id: message.id };
    ring.add(gone);
    assert.deepEqual(bare(ring.since(start)), bare([kept, gone]));
    const removed: NodeEvent = { type: "contact.removed", account };
    ring.add(removed);
    assert.deepEqual(bare(ring.since(start)), [removed]);
  });

  it("keeps the newest view of a conversation only", () => {
    const ring = createEventRing(crypto);
    const start = ring.now();
    const view = (draft: string): NodeEvent => ({
      type: "conversation.changed",
      conversation: { ...conversation, draft },
    });
    ring.add(view("a secret draft"));
    ring.add(request(1));
    ring.add(view(""));
    assert.deepEqual(bare(ring.since(start)), [request(1), view("")]);
  });

  it("forgets everything when it is cleared, and that is no gap that a client overlooks", () => {
    const ring = createEventRing(crypto);
    ring.add(arrived("a secret"));
    const now = ring.now();
    ring.clear();
    assert.equal(ring.since(now), undefined);
  });

  it("does not show how many events there were, nor whether there were any", () => {
    const ring = createEventRing(crypto);
    const [one, two] = [ring.now(), ring.now()];
    assert.notEqual(one, two);
    assert.equal(cursorOf(ring.add(request(1))).length, one.length);
  });
});
