import assert from "node:assert/strict";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, pair, User } from "./user.ts";

describe("address policy, over libp2p", function () {
  this.timeout(60_000);
  let host: BootstrapNode;
  let alice: User;
  let bob: User;

  before(async () => {
    host = await hostBootstrap();
    const options = { bootstrap: host.addresses() };
    [alice, bob] = await Promise.all([User.make("alice", options), User.make("bob", options)]);
    await pair(alice, bob);
  });
  after(async () => {
    await Promise.all([alice.end(), bob.end(), host.stop()]);
  });

  const links = (user: User) =>
    user.node.peers().filter(({ protocols }) => protocols.includes("/sotto/link/1")).length;

  it("lan: keeps the link on one machine, and reconnects after either restarts", async () => {
    await deliver(alice, bob, "before");
    assert.ok((await alice.messenger.setPolicy("bob", "lan")).online);
    await bob.restart();
    await deliver(alice, bob, "on our own network");
    await alice.restart();
    await deliver(bob, alice, "and back");
    assert.equal(alice.messenger.contact("bob").policy, "lan");
  });

  it("hidden: allows no link from either side; any: reconnects and delivers what waited", async () => {
    await alice.messenger.setPolicy("bob", "hidden");
    await bob.until("the link is gone", () => !bob.messenger.contact("alice").online);
    const [hers, his] = await Promise.all([
      alice.messenger.send("bob", "hers waits"),
      bob.messenger.send("alice", "his waits"),
    ]);
    const [told, asked] = await Promise.all([
      alice.messenger.diagnose("bob"),
      bob.messenger.diagnose("alice"),
    ]);
    assert.deepEqual([told.cause, told.dials], ["hidden", []]);
    assert.equal(asked.cause, "unrecognized");
    assert.deepEqual([links(alice), links(bob)], [0, 0]);
    await alice.messenger.setPolicy("bob", "any");
    await Promise.all([alice.reaches(hers, "delivered"), bob.reaches(his, "delivered")]);
  });
});
