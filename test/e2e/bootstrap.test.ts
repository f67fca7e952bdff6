import assert from "node:assert/strict";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, pair, User } from "./user.ts";

describe("two users and a bootstrap node, over libp2p", function () {
  this.timeout(60_000);
  let host: BootstrapNode;
  let alice: User;
  let bob: User;

  before(async () => {
    host = await hostBootstrap();
    const options = { bootstrap: host.addresses() };
    [alice, bob] = await Promise.all([User.make("alice", options), User.make("bob", options)]);
  });

  after(async () => {
    await Promise.all([alice.end(), bob.end(), host.stop()]);
  });

  it("find each other through the DHT with only an invite", async () => {
    await pair(alice, bob);
    assert.equal(alice.messenger.safetyNumber("bob"), bob.messenger.safetyNumber("alice"));
  });

  it("deliver messages both ways", async () => {
    await deliver(alice, bob, "hi");
    await deliver(bob, alice, "hello");
  });

  it("deliver 64 KiB of text", async () => {
    await deliver(alice, bob, "x".repeat(65_536));
  });

  it("deliver messages written while the other was offline", async () => {
    await bob.stop();
    const message = await alice.messenger.send("bob", "when you are back");
    assert.equal(message.state, "queued");
    await bob.start();
    await alice.reaches(message, "delivered");
    assert.ok((await bob.texts("alice")).includes("when you are back"));
  });

  it("continue after either side restarts", async () => {
    await alice.restart();
    await deliver(bob, alice, "after your restart");
    await bob.restart();
    await deliver(bob, alice, "after mine");
    await deliver(alice, bob, "and back");
  });

  it("keep one link when both dial at once", async () => {
    await Promise.all([alice.stop(), bob.stop()]);
    await Promise.all([alice.start(), bob.start()]);
    await Promise.all([deliver(alice, bob, "at once"), deliver(bob, alice, "at once too")]);
    assert.ok(alice.messenger.contact("bob").online);
  });

  it("show each message once", async () => {
    for (const [user, other] of [
      [alice, "bob"],
      [bob, "alice"],
    ] as const) {
      const texts = await user.texts(other);
      assert.equal(new Set(texts).size, texts.length);
    }
  });
});
