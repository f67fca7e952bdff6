import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { Stream } from "@libp2p/interface";
import { limits } from "../../../src/base/index.ts";
import type { SottoNode } from "../../../src/node/index.ts";
import { defaultTuning } from "../../../src/node/model/config.ts";
import { LINK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import type { Channel } from "../../../src/ports/index.ts";
import { encodeFrame, frameCapacity } from "../../../src/wire/index.ts";
import { createLab, fullAddress, incoming, noSignal, stranger, take, until } from "../support.ts";

describe("node: hostile peers", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** A raw link stream from a stranger to a node. */
  async function rawLink(node: SottoNode): Promise<Stream> {
    const host = await stranger(lab);
    const connection = await host.dial(fullAddress(node));
    return connection.newStream(LINK_PROTOCOL);
  }

  const refusals = {
    "garbage instead of a frame": new Uint8Array(300).fill(0xa5),
    "the announcement of a huge frame": Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    "a frame one byte too long": Uint8Array.of(0, 1, 0x3f, 0xfd),
    "an empty frame": new Uint8Array(256),
  };
  for (const [name, bytes] of Object.entries(refusals))
    it(`resets a stream that carries ${name}`, async () => {
      const node = await lab.node();
      const taken = incoming(node);
      const stream = await rawLink(node);
      stream.send(bytes);
      assert.deepEqual(await (await taken).receive(), []);
      await until(() => stream.status !== "open");
    });

  it("closes a channel without a frame if its stream ends inside one", async () => {
    const node = await lab.node();
    const taken = incoming(node);
    const stream = await rawLink(node);
    stream.send(encodeFrame(new Uint8Array(1000)).subarray(0, 500));
    await stream.close();
    assert.deepEqual(await (await taken).receive(), []);
  });

  it("drops a dialer that does not send its first frame in time, and no other", async () => {
    const node = await lab.node({ tuning: { firstFrame: 150 } });
    const taken = incoming(node);
    const silent = await rawLink(node);
    assert.deepEqual(await (await taken).receive(), []);
    await until(() => silent.status !== "open");
    const second = incoming(node);
    const stream = await rawLink(node);
    stream.send(encodeFrame(Uint8Array.of(1)));
    const channel = await second;
    assert.deepEqual(await channel.receive(), [Uint8Array.of(1)]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    stream.send(encodeFrame(Uint8Array.of(2)));
    assert.deepEqual(await channel.receive(), [Uint8Array.of(2)]);
  });

  it("drops a peer that sends an endless frame slowly", async () => {
    const node = await lab.node({ tuning: { firstFrame: 150 } });
    const taken = incoming(node);
    const stream = await rawLink(node);
    const frame = encodeFrame(new Uint8Array(frameCapacity));
    for (let at = 0; stream.status === "open" && at < 50; at++) {
      stream.send(frame.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual(await (await taken).receive(), []);
    await until(() => stream.status !== "open");
  });

  it("receives no more from a flooding peer than its windows allow while nothing is read", async () => {
    const node = await lab.node();
    const taken = incoming(node);
    const stream = await rawLink(node);
    const frame = encodeFrame(new Uint8Array(60_000).fill(1));
    const total = 300;
    for (let i = 0; i < total; i++) stream.send(frame);
    const channel = await taken;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const left = stream.writeBufferLength;
    const bound = limits.readQueueFrames * frame.length + 2 * limits.streamWindow;
    assert.ok(total * frame.length - left <= bound, "the node took more than its bound");
    assert.equal((await take(channel, total)).length, total);
  });

  it("limits the link streams of a connection", async () => {
    const node = await lab.node();
    node.transport.onChannel(() => undefined);
    const host = await stranger(lab);
    const connection = await host.dial(fullAddress(node));
    const streams: Stream[] = [];
    for (let i = 0; i < limits.linkStreamsPerConnection + 2; i++)
      streams.push(await connection.newStream(LINK_PROTOCOL));
    const open = (): number => streams.filter(({ status }) => status === "open").length;
    await until(() => open() === limits.linkStreamsPerConnection);
  });

  it("counts an unanswered link for the full delay of a refusal, also if the peer resets it", async () => {
    const node = await lab.node();
    const accepted: Channel[] = [];
    node.transport.onChannel((channel) => accepted.push(channel));
    const host = await stranger(lab);
    const connection = await host.dial(fullAddress(node));
    const knock = async (): Promise<boolean> => {
      const before = accepted.length;
      const stream = await connection.newStream(LINK_PROTOCOL);
      await until(() => accepted.length > before || stream.status !== "open");
      const taken = accepted.length > before;
      stream.abort(new Error("next"));
      if (taken) await accepted.at(-1)?.receive();
      return taken;
    };
    for (let i = 0; i < limits.unansweredLinks; i++) assert.equal(await knock(), true);
    assert.equal(await knock(), false);
    // Another peer is not affected.
    const other = await stranger(lab);
    const before = accepted.length;
    await (await other.dial(fullAddress(node))).newStream(LINK_PROTOCOL);
    await until(() => accepted.length > before);
    while (!(await knock())) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it("does not count links that it answered", async () => {
    const node = await lab.node();
    const accepted: Channel[] = [];
    node.transport.onChannel((channel) => {
      accepted.push(channel);
      void channel.send([Uint8Array.of(1)]);
    });
    const host = await stranger(lab);
    const connection = await host.dial(fullAddress(node));
    for (let i = 0; i < 2 * limits.unansweredLinks; i++) {
      const stream = await connection.newStream(LINK_PROTOCOL);
      await until(() => accepted.length > i);
      stream.abort(new Error("next"));
      await accepted.at(-1)?.receive();
    }
  });

  it("closes a silent connection after the upgrade timeout, and behind a proxy later", async () => {
    const silent = async (node: SottoNode) => {
      const port = Number(/tcp\/(\d+)/.exec(node.status().listening[0] ?? "")?.[1]);
      const socket = connectTcp({ port, host: "127.0.0.1" });
      lab.later(() => socket.destroy());
      socket.on("error", () => undefined).resume();
      await once(socket, "connect");
      return socket;
    };
    // A listener waits at least as long as a dialer does.
    assert.ok(defaultTuning.upgrade >= defaultTuning.dial);
    const upgrade = 1_000;
    // Connected first: with the same timeout it would be closed first.
    const proxied = await silent(await lab.node({ proxy: { host: "127.0.0.1", port: 1 } }));
    const node = await lab.node({ tuning: { upgrade } });
    const started = performance.now();
    const direct = await silent(node);
    await new Promise((resolve) => direct.on("close", resolve));
    const waited = performance.now() - started;
    assert.ok(waited > upgrade / 2, `closed after ${waited} ms`);
    assert.ok(waited < limits.upgradeTimeout / 2, `closed after ${waited} ms`);
    assert.equal(proxied.closed, false);
  });

  it("accepts a channel while silent sockets of one address are open", async () => {
    const node = await lab.node();
    const [address = ""] = node.transport.addresses();
    const port = Number(address.split("/").at(-1));
    const sockets: Socket[] = [];
    lab.later(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let i = 0; i < 2 * limits.pendingConnectionsPerIp; i++) {
      const socket = connectTcp({ port, host: "127.0.0.1", localAddress: "127.0.0.9" });
      socket.on("error", () => undefined);
      socket.resume();
      sockets.push(socket);
    }
    const refused = (): number => sockets.filter(({ destroyed }) => destroyed).length;
    await until(() => refused() >= limits.pendingConnectionsPerIp);
    const taken = incoming(node);
    const friend = await lab.node();
    const channel = await friend.transport.dial(
      { addresses: [address], host: node.transport.host },
      noSignal(),
    );
    await channel.send([Uint8Array.of(7)]);
    assert.deepEqual(await (await taken).receive(), [Uint8Array.of(7)]);
  });

  it("closes silent sockets, so that their address can connect again", async () => {
    const node = await lab.node();
    const [address = ""] = node.transport.addresses();
    const port = Number(address.split("/").at(-1));
    const open = async (): Promise<Socket> => {
      const socket = connectTcp({ port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      socket.resume();
      lab.later(() => socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    for (let round = 0; round < 3; round++) {
      const sockets: Socket[] = [];
      for (let i = 0; i < limits.pendingConnectionsPerIp; i++) sockets.push(await open());
      for (const socket of sockets) {
        socket.destroy();
        await once(socket, "close");
      }
    }
    const friend = await lab.node();
    const taken = incoming(node);
    await friend.transport.dial({ addresses: [address] }, noSignal());
    assert.equal((await taken).remote, friend.transport.host);
  });

  it("reveals neither version, platform nor machine to a stranger", async () => {
    const node = await lab.node();
    const host = await stranger(lab);
    const identified = new Promise<CustomEvent>((resolve) =>
      host.addEventListener("peer:identify", resolve, { once: true }),
    );
    await host.dial(fullAddress(node));
    const { detail } = await identified;
    assert.equal(detail.agentVersion, "libp2p");
    assert.equal(detail.protocolVersion, "ipfs/0.1.0");
    assert.deepEqual(detail.protocols, [
      "/ipfs/id/1.0.0",
      "/ipfs/ping/1.0.0",
      "/sotto/dialback/1",
      "/sotto/lan/kad/1.0.0",
      "/sotto/link/1",
      "/sotto/signal/1",
    ]);
  });
});
