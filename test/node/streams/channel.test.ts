import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { limits, SottoError } from "../../../src/base/index.ts";
import { frameCapacity } from "../../../src/wire/index.ts";
import { connect, createLab, take } from "../support.ts";

describe("node: channels", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  it("transports frames of every size in both directions, whole and in order", async () => {
    const [ours, theirs] = await connect(await lab.node(), await lab.node());
    const frames = [1, 100, 252, 253, 70_000, frameCapacity].map((length, index) =>
      new Uint8Array(length).fill(index + 1),
    );
    await ours.send(frames);
    assert.deepEqual(await take(theirs, frames.length), frames);
    await theirs.send(frames.toReversed());
    assert.deepEqual(await take(ours, frames.length), frames.toReversed());
  });

  it("reports the authenticated remote host on both sides", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    const [ours, theirs] = await connect(a, b);
    assert.equal(ours.remote, b.transport.host);
    assert.equal(theirs.remote, a.transport.host);
    assert.deepEqual([ours.outbound, theirs.outbound], [true, false]);
    assert.deepEqual([ours.remoteAddress], b.transport.addresses());
  });

  it("delivers what was sent before a close, then ends on both sides", async () => {
    const [ours, theirs] = await connect(await lab.node(), await lab.node());
    const frames = Array.from({ length: 200 }, (_, index) => new Uint8Array(1000).fill(index));
    void ours.send(frames);
    await ours.close();
    assert.deepEqual(await take(theirs, 201), frames);
    assert.deepEqual(await theirs.receive(), []);
    assert.deepEqual(await ours.receive(), []);
    await assert.rejects(theirs.send([new Uint8Array(1)]), isClosed);
    await assert.rejects(ours.send([new Uint8Array(1)]), isClosed);
  });

  it("ends at once on both sides when one aborts", async () => {
    const [ours, theirs] = await connect(await lab.node(), await lab.node());
    const waiting = theirs.receive();
    ours.abort();
    ours.abort();
    assert.deepEqual(await waiting, []);
    assert.deepEqual(await ours.receive(), []);
    await assert.rejects(ours.send([new Uint8Array(1)]), isClosed);
    await ours.close();
  });

  it("ends when the other node stops", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    const [ours, theirs] = await connect(a, b);
    const waiting = ours.receive();
    await b.stop();
    assert.deepEqual(await waiting, []);
    assert.deepEqual(await theirs.receive(), []);
    await assert.rejects(ours.send([new Uint8Array(1)]), isClosed);
  });

  it("ends when our own node stops", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    const [ours] = await connect(a, b);
    const waiting = ours.receive();
    await a.stop();
    assert.deepEqual(await waiting, []);
  });

  it("transports far more than any queue to a fast reader", async () => {
    const [ours, theirs] = await connect(await lab.node(), await lab.node());
    const batch = Array.from({ length: 64 }, () => new Uint8Array(frameCapacity));
    const reading = take(theirs, 4 * batch.length);
    for (let i = 0; i < 4; i++) await ours.send(batch);
    assert.equal((await reading).length, 4 * batch.length);
  });

  it("applies backpressure for a paused reader, and loses nothing", async () => {
    const [ours, theirs] = await connect(await lab.node(), await lab.node());
    let sent = 0;
    const sending = (async () => {
      for (let i = 0; i < 40; i++) {
        await ours.send(Array.from({ length: 32 }, () => new Uint8Array(4000).fill(i)));
        sent = i + 1;
      }
    })();
    await sleep(300);
    assert.ok(sent < 40, "the sender was not held back");
    const frames = await take(theirs, 40 * 32);
    await sending;
    assert.equal(frames.length, 40 * 32);
    assert.ok(frames.every((frame, index) => frame[0] === Math.floor(index / 32)));
  });

  it("loses nothing to a reader that pauses repeatedly", async () => {
    const [ours, theirs] = await connect(await lab.node(), await lab.node());
    const batch = Array.from({ length: 64 }, () => new Uint8Array(4000));
    const sending = (async () => {
      for (let i = 0; i < 30; i++) await ours.send(batch);
    })();
    let count = 0;
    while (count < 30 * batch.length) {
      const frames = await theirs.receive();
      assert.notEqual(frames.length, 0, "the channel ended early");
      count += frames.length;
      await sleep(40);
    }
    await sending;
  });

  it("delivers what had arrived when the connection is lost to a paused reader", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    const [ours, theirs] = await connect(a, b);
    // More than the queue holds, so that the rest stays in the paused stream.
    const count = 2 * limits.readQueueFrames - 20;
    await ours.send(Array.from({ length: count }, () => new Uint8Array(2000)));
    await sleep(100);
    await a.stop();
    assert.equal((await take(theirs, count)).length, count);
    assert.deepEqual(await theirs.receive(), []);
  });

  it("rejects a send when the peer reads nothing for too long", async () => {
    const a = await lab.node({ tuning: { drain: 100 } });
    const [ours] = await connect(a, await lab.node());
    const batch = Array.from({ length: 100 }, () => new Uint8Array(frameCapacity));
    await assert.rejects(ours.send(batch), isClosed);
    assert.deepEqual(await ours.receive(), []);
  });

  it("closes the channel of a peer that never reads", async () => {
    const a = await lab.node({ tuning: { drain: 200 } });
    const [ours] = await connect(a, await lab.node());
    const batch = Array.from({ length: 64 }, () => new Uint8Array(frameCapacity));
    const sends = [ours.send(batch), ours.send(batch)];
    const ends = await Promise.allSettled([...sends, ours.send(batch)]);
    assert.ok(ends.every(({ status }) => status === "rejected"));
    for (const end of ends) assert.ok(end.status === "rejected" && isClosed(end.reason));
    assert.deepEqual(await ours.receive(), []);
  });
});

const isClosed = (error: unknown): boolean =>
  error instanceof SottoError && error.code === "link-closed";
