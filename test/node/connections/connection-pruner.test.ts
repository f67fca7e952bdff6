import assert from "node:assert/strict";
import { multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../../src/base/index.ts";
import {
  authenticatedConnections,
  pinnedConnections,
  prunable,
} from "../../../src/node/connections/connection-pruner.ts";

const LATER = limits.connectionGrace + 1_000;
const LINK = ["/sotto/link/1"];

const inbound = (
  open: number,
  protocols: string[],
  from = "/ip4/8.8.8.8",
  direction: "inbound" | "outbound" = "inbound",
) => ({
  direction,
  streams: protocols.map((protocol) => ({ protocol })) as never[],
  timeline: { open },
  remoteAddr: multiaddr(`${from}/tcp/1`),
});

const outbound = (open: number, protocols: string[] = []) =>
  inbound(open, protocols, "/ip4/8.8.8.8", "outbound");

function known(open: number, protocols = LINK, from = "/ip4/9.9.9.9") {
  const one = inbound(open, protocols, from);
  authenticatedConnections.add(one);
  return one;
}

describe("node: connection pruner", () => {
  it("prunes the oldest idle inbound connections", () => {
    const young = inbound(3, ["/ipfs/ping/1.0.0"]);
    const old = inbound(2, []);
    const ours = outbound(1);
    const busy = inbound(1, LINK);
    const all = [young, old, ours, busy];
    assert.deepEqual(prunable(all, 4, LATER), []);
    assert.deepEqual(prunable(all, 3, LATER), [old]);
    assert.deepEqual(prunable(all, 2, LATER), [old, young]);
  });

  it("prunes a new idle connection only after its grace period", () => {
    const busy = [1, 2, 3].map((open) => inbound(open, LINK, `/ip4/1.1.1.${open}`));
    const fresh = inbound(LATER - limits.connectionGrace, []);
    const all = [fresh, ...busy];
    assert.deepEqual(prunable(all, 3, LATER), [busy[0]]);
    assert.deepEqual(prunable(all, 3, LATER + 1), [fresh]);
  });

  it("then prunes busy strangers of the largest subnet, and never contacts", () => {
    const friend = known(0);
    const single = inbound(1, LINK, "/ip4/1.1.1.1");
    const crowd = [2, 3, 4].map((open) => inbound(open, LINK, "/ip4/9.9.9.9"));
    const all = [friend, single, ...crowd];
    assert.deepEqual(prunable(all, 2, LATER), crowd.slice(0, 2));
    assert.equal(prunable(all, 0, LATER).length, 4);
    assert.ok(!prunable(all, 0, LATER).includes(friend));
  });

  it("does not count connections with a link", () => {
    const friends = Array.from({ length: 500 }, (_, i) => known(i));
    const stranger = inbound(LATER, []);
    assert.deepEqual(prunable([...friends, stranger], 1, LATER), []);
  });

  it("prunes a contact's connection without a link", () => {
    const unlinked = known(1, ["/ipfs/ping/1.0.0"]);
    assert.deepEqual(prunable([unlinked, known(2), inbound(3, LINK)], 1, LATER), [unlinked]);
  });

  it("prunes unused outbound connections for a new peer", () => {
    const table = [1, 2, 3, 4].map((open) => outbound(open));
    const asked = outbound(0, ["/sotto/wan/kad/1.0.0"]);
    const newPeer = inbound(LATER, []);
    assert.deepEqual(prunable([asked, ...table, newPeer], 5, LATER), [table[0]]);
  });

  it("keeps outbound connections while strangers have more than half of the capacity", () => {
    const table = [1, 2, 3, 4].map((open) => outbound(open));
    const crowd = [5, 6, 7].map((open) => inbound(open, LINK, `/ip4/1.1.1.${open}`));
    assert.deepEqual(prunable([...table, ...crowd], 6, LATER), [table[0]]);
    const more = [...crowd, inbound(8, LINK, "/ip4/1.1.1.8")];
    assert.deepEqual(prunable([...table, ...more], 6, LATER), [more[0], table[0]]);
  });

  it("never prunes a bootstrap node", () => {
    const named = outbound(1);
    pinnedConnections.add(named);
    assert.deepEqual(prunable([named, outbound(2)], 0, LATER).includes(named), false);
  });
});
