import assert from "node:assert/strict";
import { answerOf, canIsolate } from "../../support/isolated.ts";

describe("node: LAN (requires permission to create a network namespace)", () => {
  before(async function () {
    // Skipped without permission for a namespace: multicast would leave the machine.
    if (!(await canIsolate())) this.skip();
  });

  it("lets two nodes find each other by mDNS without sending a host name", async () => {
    const told = { found: true, named: true, hostName: false, mdns: true };
    assert.deepEqual(await answerOf("test/node/lan/lan-pair.ts"), told);
  });

  it("isolates two private meshes and a public one on the same LAN", async () => {
    assert.deepEqual(await answerOf("test/node/lan/lan-meshes.ts"), [[1], [0], [3], [2], [5], [4]]);
  });

  it("lets two nodes find each other by mDNS with IPv6 link-local addresses only", async () => {
    const told = { found: true, linked: true, told: true, zones: false, hostName: false };
    assert.deepEqual(await answerOf("test/node/lan/lan-ipv6-pair.ts"), told);
  });

  it("lets two machines meet on a LAN next to five bridges that came up first", async () => {
    assert.deepEqual(await answerOf("test/node/lan/lan-bridges.ts", 55_000), {
      found: "/ip4/192.168.7.2",
      reached: true,
      through: "/ip4/192.168.7.2",
      first: "/ip4/192.168.7.2",
    });
  }).timeout(60_000);

  it("runs mDNS by one socket of each family and reports cards beyond the system's limit", async () => {
    assert.deepEqual(await answerOf("test/node/lan/lan-interfaces.ts", 55_000), {
      sockets: [1, 1],
      bridges: [],
      served: 0,
      refused: 2,
      towards: "/ip4/10.9.9.1",
      // After the 22 cards.
      bridgeAt: 22,
      logged: 1,
    });
  }).timeout(60_000);

  it("detects a new public address of the machine and advertises it", async () => {
    assert.deepEqual(await answerOf("test/node/lan/lan-move.ts"), {
      before: ["/ip4/127.0.0.1/tcp/4001"],
      quiet: 0,
      told: 1,
      after: ["/ip4/8.8.4.4/tcp/4001"],
      reached: true,
    });
  });
});
