import assert from "node:assert/strict";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2p } from "libp2p";
import { type HostId, limits, SottoError } from "../../../src/base/index.ts";
import type { BootstrapNode, NodeConfig, SottoNode } from "../../../src/node/index.ts";
import { SIGNAL_PROTOCOL } from "../../../src/node/util/protocols.ts";
import type { SealedOffer } from "../../../src/ports/index.ts";
import {
  decodeSignalPayload,
  decodeSignalReply,
  type Endpoint,
  encodeFrame,
  encodeSignalFrame,
  encodeSignalPayload,
  encodeSignalReply,
  FrameDecoder,
  type SignalFrame,
  type SignalReply,
} from "../../../src/wire/index.ts";
import { createLab, fullAddress, noSignal, stranger, until } from "../support.ts";
import { openerOf, sealFor } from "./offers.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

describe("node: hole punching", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** A node that knows its NAT and a contact that misbehaves, both connected to one host. */
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

  const offerTo = (
    contact: Libp2p,
    node: SottoNode,
    endpoints: readonly Endpoint[] = [],
  ): SealedOffer =>
    sealFor(contact.peerId.toString() as HostId)(
      node.transport.host,
      encodeSignalPayload({ nat: "preserving", roundTrip: 0, endpoints }),
    );

  const forward = (connection: Connection, to: string, envelope: Uint8Array) =>
    exchange(connection, { kind: "forward", host: to, envelope });

  /** Delivers an envelope itself, in the name of another host. */
  const deliver = (connection: Connection, envelope: Uint8Array) =>
    exchange(connection, { kind: "deliver", host: "12D3KooWanother", envelope });

  async function exchange(
    connection: Connection,
    frame: SignalFrame,
  ): Promise<SignalReply | undefined> {
    const stream = await connection.newStream(SIGNAL_PROTOCOL);
    const decoder = new FrameDecoder();
    return new Promise((resolve) => {
      stream.addEventListener("message", ({ data }) => {
        const pushed = decoder.push(Uint8Array.from(data.subarray()));
        if (pushed.kind !== "frames" || pushed.frames[0] === undefined) return;
        resolve(decodeSignalReply(pushed.frames[0]));
        stream.abort(new Error("received"));
      });
      stream.addEventListener("close", () => resolve(undefined));
      stream.send(encodeFrame(encodeSignalFrame(frame)));
    });
  }

  /**
   * A third party.
   * @returns its endpoint, and how often it was dialed.
   */
  async function victim(): Promise<{ endpoint: Endpoint; dials: () => number }> {
    let dials = 0;
    const server = createServer((socket) => {
      dials++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    lab.later(() => server.close());
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return { endpoint: { ip: LOOPBACK, port: address.port }, dials: () => dials };
  }

  it("reports its external endpoint to a contact and to no other host", async () => {
    const { node, contact, connection } = await scene();
    const offer = offerTo(contact, node);
    const reply = await forward(connection, node.transport.host, offer.envelope);
    assert.ok(reply?.outcome === "forwarded");
    const payload = decodeSignalPayload(offer.open(reply.envelope) ?? new Uint8Array(0));
    assert.equal(payload?.nat, "none");
    assert.deepEqual(payload.endpoints[0]?.ip, LOOPBACK);
    assert.equal(node.status().nat.mapped, `/ip4/127.0.0.1/tcp/${payload.endpoints[0]?.port}`);

    const garbage = crypto.getRandomValues(new Uint8Array(145)).with(0, 1);
    const silent = { outcome: "silent" };
    assert.deepEqual(await forward(connection, node.transport.host, garbage), silent);
    // The same payload, sealed with the right key for another host.
    const copied = sealFor("12D3KooWelsewhere" as HostId)(node.transport.host, new Uint8Array(64));
    assert.deepEqual(await forward(connection, node.transport.host, copied.envelope), silent);
  });

  it("answers an offer once", async () => {
    const { node, contact, connection } = await scene();
    const { envelope } = offerTo(contact, node);
    assert.equal((await forward(connection, node.transport.host, envelope))?.outcome, "forwarded");
    assert.equal((await forward(connection, node.transport.host, envelope))?.outcome, "silent");
  });

  /** A PeerId of the contact, with a connection to the host. */
  async function another(host: BootstrapNode) {
    const contact = await stranger(lab);
    return { contact, connection: await contact.dial(multiaddr(host.addresses()[0])) };
  }

  it("answers no more offers of a contact than the rate limit allows, under any PeerIds", async () => {
    const { host, node, ...first } = await scene();
    const peers = [first, await another(host)];
    const outcomes: unknown[] = [];
    for (let i = 0; i < limits.offersPerContact; i++)
      for (const { contact, connection } of peers)
        outcomes.push(
          (await forward(connection, node.transport.host, offerTo(contact, node).envelope))
            ?.outcome,
        );
    assert.equal(outcomes.filter((one) => one === "forwarded").length, limits.offersPerContact);
  });

  it("punches few holes at one time for a contact, under any PeerIds", async () => {
    const { host, node } = await scene();
    const { endpoint } = await victim();
    const outcomes: unknown[] = [];
    for (let i = 0; i <= limits.punchesPerContact; i++) {
      const { contact, connection } = await another(host);
      const { envelope } = offerTo(contact, node, [endpoint]);
      outcomes.push((await forward(connection, node.transport.host, envelope))?.outcome);
    }
    const punched = new Array(limits.punchesPerContact).fill("forwarded");
    assert.deepEqual(outcomes, [...punched, "silent"]);
  });

  it("opens what its bootstrap node forwards although strangers deliver envelopes without end", async () => {
    const { node, contact, connection } = await scene();
    const mallory = await stranger(lab);
    const direct = await mallory.dial(fullAddress(node));
    for (let i = 0; i < limits.offers; i++) await deliver(direct, new Uint8Array(145).fill(1));
    const { envelope } = offerTo(contact, node);
    assert.equal((await forward(connection, node.transport.host, envelope))?.outcome, "forwarded");
  });

  it("dials an endpoint that a contact named only a few times", async () => {
    const { node, contact, connection } = await scene();
    const { endpoint, dials } = await victim();
    const second = await victim();
    const { envelope } = offerTo(contact, node, [endpoint, second.endpoint]);
    await forward(connection, node.transport.host, envelope);
    await until(() => dials() >= limits.punchTries);
    await sleep(500);
    assert.equal(dials(), limits.punchTries);
    assert.equal(second.dials(), 0);
  });

  it("dials no service port and no address of its own network", async () => {
    const open = await scene();
    const low = { ip: LOOPBACK, port: limits.punchPortMin - 1 };
    const next = async (endpoint: Endpoint): Promise<string | undefined> => {
      const { envelope } = offerTo(open.contact, open.node, [endpoint]);
      return (await forward(open.connection, open.node.transport.host, envelope))?.outcome;
    };
    assert.equal(await next(low), "forwarded");
    // No other offer is answered during a hole punch: there was none.
    assert.equal(await next({ ...low, port: limits.punchPortMin }), "forwarded");
    assert.equal(await next(low), "silent");
    const closed = await scene({ privateWan: false });
    const { endpoint, dials } = await victim();
    const offer = offerTo(closed.contact, closed.node, [endpoint]);
    await forward(closed.connection, closed.node.transport.host, offer.envelope);
    await sleep(500);
    assert.equal(dials(), 0);
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

  it("reports that no host is connected to both sides, and the remedy", async () => {
    const { node } = await scene();
    const absent = (await stranger(lab)).peerId.toString() as HostId;
    assert.match(await whyNot(node, absent), /no common bootstrap node.*sotto net bootstrap add/);
    const isolated = await lab.node({ privateWan: true });
    assert.match(
      await whyNot(isolated, absent),
      /no connected peer has reported our external address/,
    );
    // An absent peer is no failed punch.
    assert.equal(node.status().nat.punches.failed, 0);
  });

  it("reports that the peer does not answer", async () => {
    const { host, node } = await scene();
    const deaf = await lab.node({ privateWan: true, bootstrap: host.addresses() });
    await until(() => deaf.status().bootstrap[0]?.state === "connected");
    assert.match(await whyNot(node, deaf.transport.host), /does not answer/);
    const { punches } = node.status().nat;
    assert.deepEqual([punches.failed, punches.lastFailure?.reason], [1, "refused"]);
  });

  it("uses a connection that the peer opens while the offer is not yet answered", async () => {
    // The peer's own offer was faster: its hole punch ends before ours has a response.
    const relay = await stranger(lab);
    const address = `${relay.getMultiaddrs()[0]}`;
    const node = await lab.node({ privateWan: true, bootstrap: [address] });
    const peer = await lab.node({ privateWan: true });
    await relay.handle(SIGNAL_PROTOCOL, (stream) => {
      stream.addEventListener("message", async () => {
        const { host: to } = node.transport;
        await peer.transport.dial({ addresses: node.transport.addresses(), host: to }, noSignal());
        stream.send(encodeFrame(encodeSignalReply({ outcome: "silent" })));
        await stream.close();
      });
    });
    await until(() => node.status().nat.kind !== "unknown");
    await dial(node, peer.transport.host);
    assert.equal(node.peers().filter(({ host }) => host === peer.transport.host).length, 1);
  });

  it("stops with offers and hole punches in progress", async () => {
    const { node, contact, connection } = await scene();
    const { endpoint } = await victim();
    await forward(connection, node.transport.host, offerTo(contact, node, [endpoint]).envelope);
    await node.stop();
    assert.equal(node.status().peers, 0);
  });
});
