import assert from "node:assert/strict";
import type { NodeEvent } from "../../../src/api/index.ts";
import { createEventFeed } from "../../../src/daemon/rpc/event-feed.ts";

const event = (account: string): NodeEvent => ({ type: "contact.removed", account });
const all = () => true;

function slowFeed(most: number) {
  const written: string[] = [];
  let flowing = true;
  const feed = createEventFeed((event) => {
    written.push(
      "account" in event ? event.account : `${event.type} ${"why" in event && event.why}`,
    );
    return flowing;
  }, most);
  return { feed, written, block: () => (flowing = false), unblock: () => (flowing = true) };
}

describe("daemon/feed", () => {
  it("gives nothing before it is wanted", () => {
    const { feed, written } = slowFeed(2);
    feed.offer(event("1"));
    feed.want(all);
    feed.offer(event("2"));
    assert.deepEqual(written, ["2"]);
  });

  it("holds events back while the stream is full, and keeps their order", () => {
    const { feed, written, block, unblock } = slowFeed(3);
    feed.want(all);
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
    block();
    for (const name of ["1", "2", "3", "4", "5"]) feed.offer(event(name));
    unblock();
    feed.resume();
    feed.offer(event("6"));
    assert.deepEqual(written, ["1", "stream.ended too-slow"]);
  });

  it("ends with what was waiting and then the reason", () => {
    const { feed, written, block, unblock } = slowFeed(3);
    feed.want(all);
    block();
    feed.offer(event("1"));
    feed.offer(event("2"));
    feed.end("stopping");
    unblock();
    feed.resume();
    assert.deepEqual(written, ["1", "2", "stream.ended stopping"]);
  });
});
