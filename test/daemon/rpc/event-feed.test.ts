import assert from "node:assert/strict";
import type { NodeEvent } from "../../../src/api/index.ts";
import { createEventFeed } from "../../../src/daemon/rpc/event-feed.ts";

const event = (account: string): NodeEvent => ({ type: "contact.removed", account });
const request = {};
const all = { request, wants: () => true, first: [], resumes: false };

function slowFeed(events: number, characters = Number.POSITIVE_INFINITY) {
  const written: string[] = [];
  let flowing = true;
  const feed = createEventFeed(
    (event) => {
      written.push(
        "account" in event ? event.account : `${event.type} ${"why" in event && event.why}`,
      );
      return flowing;
    },
    { events, characters },
  );
  return { feed, written, block: () => (flowing = false), unblock: () => (flowing = true) };
}

describe("daemon/feed", () => {
  it("gives nothing before it is wanted", () => {
    const { feed, written } = slowFeed(2);
    feed.offer(event("1"));
    feed.want(all);
    feed.begin();
    feed.offer(event("2"));
    assert.deepEqual(written, ["2"]);
  });

  it("holds events back while the stream is full, and keeps their order", () => {
    const { feed, written, block, unblock } = slowFeed(3);
    feed.want(all);
    feed.begin();
    block();
    for (const name of ["1", "2", "3"]) feed.offer(event(name));
    assert.deepEqual(written, ["1"]);
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "2", "3"]);
  });

  it("drops a client that is too slow, with a last event that says so", () => {
    const { feed, written, block, unblock } = slowFeed(2);
    feed.want(all);
    feed.begin();
    block();
    for (const name of ["1", "2", "3", "4", "5"]) feed.offer(event(name));
    unblock();
    feed.resume();
    feed.offer(event("6"));
    assert.deepEqual(written, ["1", "stream.ended too-slow"]);
  });

  it("drops a client that is behind by too much text, in however few events", () => {
    const { feed, written, block, unblock } = slowFeed(100, 400);
    feed.want(all);
    feed.begin();
    block();
    for (const name of ["1", "2", "3"]) feed.offer(event(name.repeat(100)));
    unblock();
    feed.resume();
    assert.equal(written.length, 3);
    block();
    for (const name of ["4", "5", "6", "7", "8"]) feed.offer(event(name.repeat(100)));
    unblock();
    feed.resume();
    assert.deepEqual(written.slice(3), ["4".repeat(100), "stream.ended too-slow"]);
  });

  it("sends nothing before the client knows, then what comes first and what happened", () => {
    const { feed, written } = slowFeed(9);
    feed.want({ ...all, first: [event("1"), event("2")], resumes: true });
    feed.offer(event("3"));
    assert.deepEqual(written, []);
    feed.begin();
    feed.offer(event("4"));
    assert.deepEqual(written, ["1", "2", "3", "4"]);
  });

  it("replaces what waits when a subscription resumes, and repeats nothing", () => {
    const { feed, written, block, unblock } = slowFeed(9);
    feed.want(all);
    feed.begin();
    block();
    for (const name of ["1", "2", "3"]) feed.offer(event(name));
    feed.want({ ...all, first: [event("2"), event("3")], resumes: true });
    feed.begin();
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "2", "3"]);
  });

  it("does not grow with a client that subscribes again and again, and reads nothing", () => {
    const { feed, written, block, unblock } = slowFeed(3);
    const snapshot: NodeEvent = { type: "presence.snapshot", online: [] };
    feed.want(all);
    feed.begin();
    block();
    feed.offer(event("1"));
    for (let i = 0; i < 20; i++) feed.want({ ...all, first: [snapshot] });
    feed.want({ ...all, first: [event("2"), event("3"), event("4"), event("5")] });
    feed.begin();
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "stream.ended too-slow"]);
  });

  it("drops what waits at a lock, reports the lock, and keeps what was asked for", () => {
    const { feed, written, block, unblock } = slowFeed(9);
    assert.equal(feed.request(), undefined);
    feed.lock();
    feed.want(all);
    feed.begin();
    block();
    feed.offer(event("1"));
    feed.offer(event("a secret"));
    feed.lock();
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "node.state false"]);
    assert.equal(feed.request(), request);
    feed.want({ ...all, wants: ({ type }) => type === "contact.removed" });
    feed.begin();
    feed.lock();
    assert.equal(written.length, 2);
    feed.drop();
    assert.equal(feed.request(), undefined);
  });

  it("reports at a lock that the client was too slow, and then nothing", () => {
    const { feed, written, block, unblock } = slowFeed(2);
    feed.want(all);
    feed.begin();
    block();
    for (const name of ["1", "2", "3", "4"]) feed.offer(event(name));
    feed.lock();
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "stream.ended too-slow"]);
    assert.equal(feed.request(), undefined);
  });

  it("ends with what was waiting and then the reason", () => {
    const { feed, written, block, unblock } = slowFeed(3);
    feed.want(all);
    feed.begin();
    block();
    feed.offer(event("1"));
    feed.offer(event("2"));
    feed.end("stopping");
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "2", "stream.ended stopping"]);
  });
});
