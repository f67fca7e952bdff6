import assert from "node:assert/strict";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2p } from "libp2p";
import { type HostId, limits, SottoError } from "../../../src/base/index.ts";
import type { NodeConfig, SottoNode } from "../../../src/node/index.ts";
import { SIGNAL_PROTOCOL } from "../../../src/node/util/protocols.ts";
import type { SealedOffer } from "../../../src/ports/index.ts";
import {
  decodeSignalPayload,
  decodeSignalReply,
  type Endpoint,
  encodeFrame,
  encodeSignalFrame,
  encodeSignalPayload,
  FrameDecoder,
  type SignalReply,
} from "../../../src/wire/index.ts";
import { createLab, noSignal, stranger, until } from "../support.ts";
import { openerOf, sealFor } from "./offers.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

describe("node/punch", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /**
   * A node that knows its router, and a contact of its person who speaks as it likes, both
   * connected to one host.
   */
  async function scene(config: Partial<NodeConfig> = { privateWan: true }) {
    const host = await lab.bootstrap(config);
    const node = await lab.node({ ...config, bootstrap: host.addresses() });
    node.transport.onOffer(openerOf(node.transport.host));
    const contact = await stranger(lab);
    const connection = await contact.dial(multiaddr(host.addresses()[0]));
    await until(() => node.status().bootstrap[0]?.state === "connected");
    if (config.privateWan) await until(() => node.status().nat.kind !== "unknown");
    return { host, node, contact, connection };
  }

  const callOf = (
    contact: Libp2p,
    node: SottoNode,
    places: readonly Endpoint[] = [],
  ): SealedOffer =>
    sealFor(contact.peerId.toString() as HostId)(
      node.transport.host,
      encodeSignalPayload({ nat: "preserving", roundTrip: 0, endpoints: places }),
    );

  async function pass(
    connection: Connection,
    to: string,
    envelope: Uint8Array,
  ): Promise<SignalReply | undefined> {
    const stream = await connection.newStream(SIGNAL_PROTOCOL);
    const decoder = new FrameDecoder();
    return new Promise((resolve) => {
      stream.addEventListener("message", ({ data }) => {
        const pushed = decoder.push(Uint8Array.from(data.subarray()));
        if (pushed.kind !== "frames" || pushed.frames[0] === undefined) return;
        resolve(decodeSignalReply(pushed.frames[0]));
        stream.abort(new Error("heard"));
      });
      stream.addEventListener("close", () => resolve(undefined));
      stream.send(encodeFrame(encodeSignalFrame({ kind: "forward", host: to, envelope })));
    });
  }

  /**
   * A machine that has nothing to do with it. @returns its place, and how often somebody knocked.
   */
  async function victim(): Promise<{ place: Endpoint; knocks: () => number }> {
    let knocks = 0;
    const server = createServer((socket) => {
      knocks++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    lab.later(() => server.close());
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return { place: { ip: LOOPBACK, port: address.port }, knocks: () => knocks };
  }

  it("tells a contact where it is seen, and nobody else", async () => {
    const { node, contact, connection } = await scene();
    const call = callOf(contact, node);
    const reply = await pass(connection, node.transport.host, call.envelope);
    assert.ok(reply?.outcome === "forwarded");
    const words = decodeSignalPayload(call.open(reply.envelope) ?? new Uint8Array(0));
    assert.equal(words?.nat, "none");
    assert.deepEqual(words.endpoints[0]?.ip, LOOPBACK);
    assert.equal(node.status().nat.mapped, `/ip4/127.0.0.1/tcp/${words.endpoints[0]?.port}`);

    const garbage = crypto.getRandomValues(new Uint8Array(145)).with(0, 1);
    const silent = { outcome: "silent" };
    assert.deepEqual(await pass(connection, node.transport.host, garbage), silent);
    // The same words, sealed by one who knows the key but stands elsewhere.
    const copied = sealFor("12D3KooWelsewhere" as HostId)(node.transport.host, new Uint8Array(64));
    assert.deepEqual(await pass(connection, node.transport.host, copied.envelope), silent);
  });

  it("answers a call once", async () => {
    const { node, contact, connection } = await scene();
    const { envelope } = callOf(contact, node);
    assert.equal((await pass(connection, node.transport.host, envelope))?.outcome, "forwarded");
    assert.equal((await pass(connection, node.transport.host, envelope))?.outcome, "silent");
  });

  it("answers no contact who calls too often", async () => {
    const { node, contact, connection } = await scene();
    const outcomes: unknown[] = [];
    for (let i = 0; i < limits.offersPerContact + 2; i++)
      outcomes.push(
        (await pass(connection, node.transport.host, callOf(contact, node).envelope))?.outcome,
      );
    assert.equal(outcomes.filter((one) => one === "forwarded").length, limits.offersPerContact);
  });

  it("knocks at a stranger's door that a contact named a few times at most", async () => {
    const { node, contact, connection } = await scene();
    const { place, knocks } = await victim();
    const second = await victim();
    const { envelope } = callOf(contact, node, [place, second.place]);
    await pass(connection, node.transport.host, envelope);
    await until(() => knocks() >= limits.punchTries);
    await sleep(500);
    assert.equal(knocks(), limits.punchTries);
    assert.equal(second.knocks(), 0);
  });

  it("dials no port of services, and nothing of its own network", async () => {
    const open = await scene();
    const low = { ip: LOOPBACK, port: limits.punchPortMin - 1 };
    const next = async (place: Endpoint): Promise<string | undefined> => {
      const { envelope } = callOf(open.contact, open.node, [place]);
      return (await pass(open.connection, open.node.transport.host, envelope))?.outcome;
    };
    assert.equal(await next(low), "forwarded");
    // While a hole is under way no other call is answered: none was.
    assert.equal(await next({ ...low, port: limits.punchPortMin }), "forwarded");
    assert.equal(await next(low), "silent");
    const closed = await scene({ privateWan: false });
    const { place, knocks } = await victim();
    const call = callOf(closed.contact, closed.node, [place]);
    await pass(closed.connection, closed.node.transport.host, call.envelope);
    await sleep(500);
    assert.equal(knocks(), 0);
  });

  const dial = (node: SottoNode, host: HostId): Promise<unknown> =>
    node.transport.dial({ addresses: [], host, seal: sealFor(node.transport.host) }, noSignal());

  async function whyNot(node: SottoNode, host: HostId): Promise<string> {
    try {
      await dial(node, host);
    } catch (error) {
      assert.ok(error instanceof SottoError && error.code === "peer-unreachable");
      return error.message;
    }
    throw new Error("reached");
  }

  it("says that no host is connected to both, and what helps", async () => {
    const { node } = await scene();
    const gone = (await stranger(lab)).peerId.toString() as HostId;
    assert.match(await whyNot(node, gone), /no host is connected to both.*sotto net bootstrap add/);
    const alone = await lab.node({ privateWan: true });
    assert.match(await whyNot(alone, gone), /no connected host has reported our external address/);
    // Whoever is away did not fail us.
    assert.equal(node.status().nat.punches.failed, 0);
  });

  it("says that the other side does not answer", async () => {
    const { host, node } = await scene();
    const deaf = await lab.node({ privateWan: true, bootstrap: host.addresses() });
    await until(() => deaf.status().bootstrap[0]?.state === "connected");
    assert.match(await whyNot(node, deaf.transport.host), /does not answer/);
    const { punches } = node.status().nat;
    assert.deepEqual([punches.failed, punches.lastFailure?.reason], [1, "refused"]);
  });

  it("stops with calls and holes under way", async () => {
    const { node, contact, connection } = await scene();
    const { place } = await victim();
    await pass(connection, node.transport.host, callOf(contact, node, [place]).envelope);
    await node.stop();
    assert.equal(node.status().peers, 0);
  });
});
