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
import { plainHost } from "../../hostile/attacks-host.ts";
import { dialFrom } from "../../hostile/raw.ts";
import { createLab, stranger, until } from "../support.ts";

/**
 * Writes bytes on a new stream and reads the first frame of the response; `undefined` if targetId is
 * none.
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
      stream.abort(new Error("received"));
    });
    stream.addEventListener("close", () => resolve(undefined));
    stream.send(bytes);
  });
}

describe("node: signalling", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  async function connected(host: BootstrapNode): Promise<{ peer: Libp2p; connection: Connection }> {
    const peer = await stranger(lab);
    return { peer, connection: await peer.dial(multiaddr(host.addresses()[0])) };
  }

  /** A connection of a new peer from an address of its own. */
  async function connectedFrom(host: BootstrapNode, address: string): Promise<Connection> {
    const peer = await plainHost();
    lab.later(() => peer.stop());
    const to = multiaddr(host.addresses()[0]);
    const port = Number(/\/tcp\/(\d+)/.exec(to.toString())?.[1]);
    return dialFrom(peer, { port, peer: `${to.toString().split("/").at(-1)}` }, address);
  }

  /**
   * A host that answers each envelope, or none.
   * @returns what was delivered, as `from: envelope`.
   */
  async function listener(peer: Libp2p, answer: Uint8Array | undefined): Promise<string[]> {
    const delivered: string[] = [];
    await peer.handle(SIGNAL_PROTOCOL, (stream) => {
      const decoder = new FrameDecoder();
      stream.addEventListener("message", ({ data }) => {
        const pushed = decoder.push(data.subarray());
        const frame = pushed.kind === "frames" && decodeSignalFrame(pushed.frames[0] ?? utf8(""));
        if (!frame) return;
        delivered.push(`${frame.kind} ${frame.host}: ${Buffer.from(frame.envelope).toString()}`);
        if (answer === undefined) return stream.abort(new Error("nothing to say"));
        stream.send(encodeFrame(answer));
      });
    });
    return delivered;
  }

  async function ask(
    connection: Connection,
    host: string,
    envelope: Uint8Array = utf8("offer"),
  ): Promise<SignalReply | undefined> {
    const frame = encodeFrame(encodeSignalFrame({ kind: "forward", host, envelope }));
    const reply = await exchange(connection, frame);
    return reply && decodeSignalReply(reply);
  }

  it("forwards an envelope to a connected host and returns its answer, both unchanged", async () => {
    const host = await lab.bootstrap();
    const [requester, target] = [await connected(host), await connected(host)];
    const delivered = await listener(target.peer, utf8("answer"));
    assert.deepEqual(await ask(requester.connection, target.peer.peerId.toString()), {
      outcome: "forwarded",
      envelope: utf8("answer"),
    });
    assert.deepEqual(delivered, [`deliver ${requester.peer.peerId}: offer`]);
  });

  it("reports an absent host, and one that does not answer", async () => {
    const host = await lab.bootstrap();
    const [requester, target] = [await connected(host), await connected(host)];
    const targetId = target.peer.peerId.toString();
    const absent = await stranger(lab);
    assert.deepEqual(await ask(requester.connection, absent.peerId.toString()), {
      outcome: "absent",
    });
    assert.deepEqual(await ask(requester.connection, "notAPeer"), { outcome: "absent" });
    await listener(target.peer, undefined);
    assert.deepEqual(await ask(requester.connection, targetId), { outcome: "silent" });
  });

  it("stores nothing for a host that connects later", async () => {
    const host = await lab.bootstrap();
    const requester = await connected(host);
    const late = await stranger(lab);
    const delivered = await listener(late, utf8("answer"));
    await ask(requester.connection, late.peerId.toString());
    await late.dial(multiaddr(host.addresses()[0]));
    await ask(requester.connection, requester.peer.peerId.toString());
    assert.deepEqual(delivered, []);
  });

  it("drops malformed frames, oversized ones, and envelopes to the sender or the forwarder without an answer", async () => {
    const host = await lab.bootstrap();
    const [requester, target] = [await connected(host), await connected(host)];
    const delivered = await listener(target.peer, utf8("answer"));
    const targetId = target.peer.peerId.toString();
    const self = host.addresses()[0]?.split("/").at(-1) ?? "";
    const { connection } = requester;
    assert.equal(await ask(connection, requester.peer.peerId.toString()), undefined);
    assert.equal(await ask(connection, self), undefined);
    assert.equal(
      await ask(connection, targetId, new Uint8Array(limits.signalBytes + 1)),
      undefined,
    );
    assert.equal(await ask(connection, targetId, new Uint8Array(60_000)), undefined);
    for (const bytes of [utf8("garbage"), encodeFrame(utf8("garbage")), new Uint8Array(300)])
      assert.equal(await exchange(connection, bytes), undefined);
    // It continues serving, and forwarded none of this.
    assert.equal((await ask(connection, targetId))?.outcome, "forwarded");
    assert.equal(delivered.length, 1);
  });

  it("rejects an answer larger than an envelope", async () => {
    const host = await lab.bootstrap();
    const [requester, target] = [await connected(host), await connected(host)];
    await listener(target.peer, new Uint8Array(limits.signalBytes + 1));
    const reply = await ask(requester.connection, target.peer.peerId.toString());
    assert.deepEqual(reply, { outcome: "silent" });
  });

  it("answers busy to a flooding requester and forwards no more of its envelopes", async () => {
    const host = await lab.bootstrap();
    const requester = await connected(host);
    const targets: string[] = [];
    for (let i = 0; i <= limits.signalsPerSubnet / limits.signalsPerPair; i++) {
      const { peer } = await connected(host);
      await listener(peer, utf8("answer"));
      targets.push(peer.peerId.toString());
    }
    const outcomes: (string | undefined)[][] = [];
    for (const target of targets) {
      const made: (string | undefined)[] = [];
      for (let i = 0; i <= limits.signalsPerPair; i++)
        made.push((await ask(requester.connection, target))?.outcome);
      outcomes.push(made);
    }
    const each = [...new Array(limits.signalsPerPair).fill("forwarded"), "busy"];
    // A request that is over the limit of one target counts for the requester, too.
    assert.deepEqual(outcomes[0], each);
    const served = outcomes.flat().filter((one) => one === "forwarded").length;
    assert.ok(served < limits.signalsPerSubnet, `${served}`);
    assert.deepEqual(new Set(outcomes.at(-1)), new Set(["busy"]));
  });

  it("forwards an honest envelope to a host that strangers flood", async () => {
    const host = await lab.bootstrap();
    const target = await connected(host);
    const delivered = await listener(target.peer, utf8("answer"));
    const targetId = target.peer.peerId.toString();
    // One address with many PeerIds, and then others, as many as may be busy at all.
    const addresses = ["127.0.9.1", "127.0.9.1", "127.0.9.1"];
    for (let i = 2; i <= limits.signalsPerTarget / limits.signalsPerPair; i++)
      addresses.push(`127.0.9.${i}`);
    for (const address of addresses) {
      const connection = await connectedFrom(host, address);
      for (let i = 0; i <= limits.signalsPerPair; i++) await ask(connection, targetId);
    }
    assert.ok(delivered.length < limits.signalsPerTarget, "all is used up");
    const honest = await connectedFrom(host, "127.0.8.1");
    assert.equal((await ask(honest, targetId))?.outcome, "forwarded");
  });

  it("is not served by an unreachable node", async () => {
    const node = await lab.node();
    const [requester, target] = [await stranger(lab), await stranger(lab)];
    const address = multiaddr(`${node.transport.addresses()[0]}/p2p/${node.transport.host}`);
    const connection = await requester.dial(address);
    await target.dial(address);
    await until(() => node.peers().length === 2);
    assert.deepEqual(await ask(connection, target.peerId.toString()), { outcome: "unwilling" });
  });
});
