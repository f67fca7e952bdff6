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
