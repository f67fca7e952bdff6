import assert from "node:assert/strict";
import { answerOf, canIsolate } from "../../support/isolated.ts";

describe("node: the LAN (needs the right to make a network namespace)", () => {
  before(async function () {
    // Multicast would leave the machine unless the network is cut off: without that right nothing
    // is tried.
    if (!(await canIsolate())) this.skip();
  });

  it("lets two nodes find each other by mDNS, and tells no host name", async () => {
    const told = { found: true, named: true, hostName: false, mdns: true };
    assert.deepEqual(await answerOf("test/node/lan/lan-pair.ts"), told);
  });

  it("keeps two private meshes and a public one on one LAN apart", async () => {
    assert.deepEqual(await answerOf("test/node/lan/lan-meshes.ts"), [[1], [0], [3], [2], [5], [4]]);
  });

  it("lets two nodes find each other by mDNS where there is no IPv4 and no address but the link's own", async () => {
    const told = { found: true, linked: true, told: true, zones: false, hostName: false };
    assert.deepEqual(await answerOf("test/node/lan/lan6-pair.ts"), told);
  });

  it("notices a new address of the machine, tells it, and believes it though it is public", async () => {
    assert.deepEqual(await answerOf("test/node/lan/lan-move.ts"), {
      before: ["/ip4/127.0.0.1/tcp/4001"],
      quiet: 0,
      told: 1,
      after: ["/ip4/8.8.4.4/tcp/4001"],
      reached: true,
    });
  });
});
