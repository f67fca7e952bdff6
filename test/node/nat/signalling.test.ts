import assert from "node:assert/strict";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2p } from "libp2p";
import { limits, utf8 } from "../../../src/base/index.ts";
import type { BootstrapNode } from "../../../src/node/index.ts";
import { SIGNAL_PROTOCOL } from "../../../src/node/util/protocols.ts";
import {
  decodeSignalFrame,
  decodeSignalReply,
  encodeFrame,
  encodeSignalFrame,
  FrameDecoder,
  type SignalReply,
} from "../../../src/wire/index.ts";
import { createLab, stranger, until } from "../support.ts";

/**
 * Writes bytes on a stream of its own, and reads the first frame that comes back; `undefined` where
 * none does.
 */
async function exchange(
  connection: Connection,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  const stream = await connection.newStream(SIGNAL_PROTOCOL);
  const decoder = new FrameDecoder();
  return new Promise((resolve) => {
    stream.addEventListener("message", ({ data }) => {
      const pushed = decoder.push(Uint8Array.from(data.subarray()));
      if (pushed.kind !== "frames" || pushed.frames[0] === undefined) return;
      resolve(pushed.frames[0]);
      stream.abort(new Error("heard"));
    });
    stream.addEventListener("close", () => resolve(undefined));
    stream.send(bytes);
  });
}

describe("node/signal", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  async function connected(host: BootstrapNode): Promise<{ peer: Libp2p; connection: Connection }> {
    const peer = await stranger(lab);
    return { peer, connection: await peer.dial(multiaddr(host.addresses()[0])) };
  }

  /**
   * Somebody who answers each envelope, or says nothing. @returns what was delivered, as `from:
   * envelope`.
   */
  async function listener(peer: Libp2p, answer: Uint8Array | undefined): Promise<string[]> {
    const heard: string[] = [];
    await peer.handle(SIGNAL_PROTOCOL, (stream) => {
      const decoder = new FrameDecoder();
      stream.addEventListener("message", ({ data }) => {
        const pushed = decoder.push(data.subarray());
        const frame = pushed.kind === "frames" && decodeSignalFrame(pushed.frames[0] ?? utf8(""));
        if (!frame) return;
        heard.push(`${frame.kind} ${frame.host}: ${Buffer.from(frame.envelope).toString()}`);
        if (answer === undefined) return stream.abort(new Error("nothing to say"));
        stream.send(encodeFrame(answer));
      });
    });
    return heard;
  }

  async function ask(
    connection: Connection,
    host: string,
    envelope: Uint8Array = utf8("call"),
  ): Promise<SignalReply | undefined> {
    const frame = encodeFrame(encodeSignalFrame({ kind: "forward", host, envelope }));
    const reply = await exchange(connection, frame);
    return reply && decodeSignalReply(reply);
  }

  it("passes an envelope to a connected host and its answer back, both as they are", async () => {
    const host = await lab.bootstrap();
    const [caller, callee] = [await connected(host), await connected(host)];
    const heard = await listener(callee.peer, utf8("answer"));
    assert.deepEqual(await ask(caller.connection, callee.peer.peerId.toString()), {
      outcome: "forwarded",
      envelope: utf8("answer"),
    });
    assert.deepEqual(heard, [`deliver ${caller.peer.peerId}: call`]);
  });

  it("says who is not connected, and who does not answer", async () => {
    const host = await lab.bootstrap();
    const [caller, callee] = [await connected(host), await connected(host)];
    const there = callee.peer.peerId.toString();
    const gone = await stranger(lab);
    assert.deepEqual(await ask(caller.connection, gone.peerId.toString()), { outcome: "absent" });
    assert.deepEqual(await ask(caller.connection, "notAPeer"), { outcome: "absent" });
    await listener(callee.peer, undefined);
    assert.deepEqual(await ask(caller.connection, there), { outcome: "silent" });
  });

  it("keeps nothing for a host that comes later", async () => {
    const host = await lab.bootstrap();
    const caller = await connected(host);
    const late = await stranger(lab);
    const heard = await listener(late, utf8("answer"));
    await ask(caller.connection, late.peerId.toString());
    await late.dial(multiaddr(host.addresses()[0]));
    await ask(caller.connection, caller.peer.peerId.toString());
    assert.deepEqual(heard, []);
  });

  it("drops garbage, what is too large, and envelopes to oneself or to the host, without a word", async () => {
    const host = await lab.bootstrap();
    const [caller, callee] = [await connected(host), await connected(host)];
    const heard = await listener(callee.peer, utf8("answer"));
    const there = callee.peer.peerId.toString();
    const self = host.addresses()[0]?.split("/").at(-1) ?? "";
    const { connection } = caller;
    assert.equal(await ask(connection, caller.peer.peerId.toString()), undefined);
    assert.equal(await ask(connection, self), undefined);
    assert.equal(await ask(connection, there, new Uint8Array(limits.signalBytes + 1)), undefined);
    assert.equal(await ask(connection, there, new Uint8Array(60_000)), undefined);
    for (const bytes of [utf8("garbage"), encodeFrame(utf8("garbage")), new Uint8Array(300)])
      assert.equal(await exchange(connection, bytes), undefined);
    // It goes on serving, and none of this reached anybody.
    assert.equal((await ask(connection, there))?.outcome, "forwarded");
    assert.equal(heard.length, 1);
  });

  it("takes no answer that is larger than an envelope", async () => {
    const host = await lab.bootstrap();
    const [caller, callee] = [await connected(host), await connected(host)];
    await listener(callee.peer, new Uint8Array(limits.signalBytes + 1));
    const reply = await ask(caller.connection, callee.peer.peerId.toString());
    assert.deepEqual(reply, { outcome: "silent" });
  });

  it("says busy to whoever floods it, and passes on no more of theirs", async () => {
    const host = await lab.bootstrap();
    const [caller, callee] = [await connected(host), await connected(host)];
    const heard = await listener(callee.peer, utf8("answer"));
    const there = callee.peer.peerId.toString();
    const outcomes: string[] = [];
    for (let i = 0; i < limits.signalsPerSubnet + 5; i++)
      outcomes.push((await ask(caller.connection, there))?.outcome ?? "none");
    assert.equal(outcomes.filter((one) => one === "forwarded").length, limits.signalsPerTarget);
    assert.deepEqual(new Set(outcomes.slice(limits.signalsPerTarget)), new Set(["busy"]));
    assert.equal(heard.length, limits.signalsPerTarget);
  });

  it("is not served by a node that others do not reach", async () => {
    const node = await lab.node();
    const [caller, callee] = [await stranger(lab), await stranger(lab)];
    const address = multiaddr(`${node.transport.addresses()[0]}/p2p/${node.transport.host}`);
    const connection = await caller.dial(address);
    await callee.dial(address);
    await until(() => node.peers().length === 2);
    assert.deepEqual(await ask(connection, callee.peerId.toString()), { outcome: "unwilling" });
  });
});
