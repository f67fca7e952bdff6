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

const held = (
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

const dialled = (open: number, protocols: string[] = []) =>
  held(open, protocols, "/ip4/8.8.8.8", "outbound");

function known(open: number, protocols = LINK, from = "/ip4/9.9.9.9") {
  const one = held(open, protocols, from);
  authenticatedConnections.add(one);
  return one;
}

describe("node: room for newcomers", () => {
  it("is made by the oldest inbound connections that nothing runs on", () => {
    const young = held(3, ["/ipfs/ping/1.0.0"]);
    const old = held(2, []);
    const ours = dialled(1);
    const busy = held(1, LINK);
    const all = [young, old, ours, busy];
    assert.deepEqual(prunable(all, 4, LATER), []);
    assert.deepEqual(prunable(all, 3, LATER), [old]);
    assert.deepEqual(prunable(all, 2, LATER), [old, young]);
  });

  it("is not made by who has just come and had no time to speak, while others are busy", () => {
    const busy = [1, 2, 3].map((open) => held(open, LINK, `/ip4/1.1.1.${open}`));
    const fresh = held(LATER - limits.connectionGrace, []);
    const all = [fresh, ...busy];
    assert.deepEqual(prunable(all, 3, LATER), [busy[0]]);
    assert.deepEqual(prunable(all, 3, LATER + 1), [fresh]);
  });

  it("is made next by strangers of the neighbour who has most, however busy, and by nobody whom we know", () => {
    const friend = known(0);
    const alone = held(1, LINK, "/ip4/1.1.1.1");
    const crowd = [2, 3, 4].map((open) => held(open, LINK, "/ip4/9.9.9.9"));
    const all = [friend, alone, ...crowd];
    assert.deepEqual(prunable(all, 2, LATER), crowd.slice(0, 2));
    assert.equal(prunable(all, 0, LATER).length, 4);
    assert.ok(!prunable(all, 0, LATER).includes(friend));
  });

  it("is not taken by links, however many there are", () => {
    const friends = Array.from({ length: 500 }, (_, i) => known(i));
    const stranger = held(LATER, []);
    assert.deepEqual(prunable([...friends, stranger], 1, LATER), []);
  });

  it("is made by a contact's connection once no link runs there", () => {
    const gone = known(1, ["/ipfs/ping/1.0.0"]);
    assert.deepEqual(prunable([gone, known(2), held(3, LINK)], 1, LATER), [gone]);
  });

  it("is made by what we dialled and do not use, for somebody who knocks", () => {
    const table = [1, 2, 3, 4].map((open) => dialled(open));
    const asked = dialled(0, ["/sotto/wan/kad/1.0.0"]);
    const knocking = held(LATER, []);
    assert.deepEqual(prunable([asked, ...table, knocking], 5, LATER), [table[0]]);
  });

  it("is not made by what we dialled while strangers have more than half of the places", () => {
    const table = [1, 2, 3, 4].map((open) => dialled(open));
    const crowd = [5, 6, 7].map((open) => held(open, LINK, `/ip4/1.1.1.${open}`));
    assert.deepEqual(prunable([...table, ...crowd], 6, LATER), [table[0]]);
    const more = [...crowd, held(8, LINK, "/ip4/1.1.1.8")];
    assert.deepEqual(prunable([...table, ...more], 6, LATER), [more[0], table[0]]);
  });

  it("is never made by a host that the person named", () => {
    const named = dialled(1);
    pinnedConnections.add(named);
    assert.deepEqual(prunable([named, dialled(2)], 0, LATER).includes(named), false);
  });
});
