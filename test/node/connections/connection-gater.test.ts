import assert from "node:assert/strict";
import type { MultiaddrConnection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import {
  createGater,
  isDirect,
  isUnlimitedRelay,
} from "../../../src/node/connections/connection-gater.ts";
import { newCounters } from "../../../src/node/util/counters.ts";
import { silent } from "../../../src/ports/index.ts";

describe("node: the connection gater", () => {
  it("allows links on direct, unlimited connections only", () => {
    const limited = { direct: false, limits: { bytes: 1n } };
    assert.equal(isDirect({ direct: true }), true);
    assert.equal(isDirect(limited), false);
    assert.equal(isDirect({ direct: false }), false);
    assert.equal(isDirect({ direct: true, limits: { bytes: 1n } }), false);
    assert.equal(isUnlimitedRelay({ direct: false }), true);
    assert.equal(isUnlimitedRelay(limited), false);
    assert.equal(isUnlimitedRelay({ direct: true }), false);
  });

  const connection = (host: string): MultiaddrConnection =>
    Object.assign(new EventTarget(), {
      remoteAddr: multiaddr(`${host}/tcp/1`),
      status: "open",
    }) as unknown as MultiaddrConnection;

  const counts = newCounters();
  let now = 0;
  const gate = (pending: number, authenticated: number, perSecond = 99) =>
    createGater({
      pending,
      authenticated,
      perSecond,
      clock: { now: () => now, after: () => () => undefined },
      counts,
      log: silent,
      onConnection: () => undefined,
    });

  it("limits the connections per second of a subnet, across its addresses", () => {
    const gater = gate(99, 99, 2);
    const refused = (host: string) => gater.denyInboundConnection?.(connection(host));
    const subnet = ["1", "2", "3"].map((end) => refused(`/ip6/2001:db8:1:2::${end}`));
    assert.deepEqual(subnet, [false, false, true]);
    assert.equal(refused("/ip6/2001:db8:1:3::1"), false);
    now += 1_000;
    assert.equal(refused("/ip6/2001:db8:1:2::4"), false);
  });

  it("limits the authenticated connections of a subnet until one closes", () => {
    const gater = gate(9, 1);
    const refused = (one: MultiaddrConnection) => [
      gater.denyInboundConnection?.(one),
      gater.denyInboundUpgradedConnection?.({} as never, one),
    ];
    const before = counts.connectionsRefused;
    const first = connection("/ip6/2001:db8:1:2::1");
    assert.deepEqual(refused(first), [false, false]);
    assert.deepEqual(refused(connection("/ip6/2001:db8:1:2::9")), [false, true]);
    assert.deepEqual(refused(connection("/ip6/2001:db8:1:3::1")), [false, false]);
    first.dispatchEvent(new Event("close"));
    assert.deepEqual(refused(connection("/ip6/2001:db8:1:2::9")), [false, false]);
    assert.equal(counts.connectionsRefused - before, 1);
  });

  it("limits the pending connections of a subnet until one closes or is authenticated", async () => {
    const gater = gate(2, 9);
    const asked = (one: MultiaddrConnection) => gater.denyInboundConnection?.(one);
    const [a, b, c] = ["/ip4/1.1.1.1", "/ip4/1.1.1.1", "/ip4/1.1.1.1"].map(connection);
    assert.ok(a && b && c);
    assert.deepEqual([asked(a), asked(b), asked(c)], [false, false, true]);
    assert.equal(asked(connection("/ip4/2.2.2.2")), false);
    a.dispatchEvent(new Event("close"));
    assert.equal(asked(connection("/ip4/1.1.1.1")), false);
    assert.equal(asked(connection("/ip4/1.1.1.1")), true);
    gater.denyInboundUpgradedConnection?.({} as never, b);
    assert.equal(asked(connection("/ip4/1.1.1.1")), false);
  });
});
