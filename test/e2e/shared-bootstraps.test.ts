import assert from "node:assert/strict";
import { BootstrapNodes } from "../../src/daemon/node/bootstrap-nodes.ts";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, User, type UserOptions } from "./user.ts";

const DAY = 86_400_000;

/** Two users with a host each, who met without one in common. */
async function scene(aliceToo: UserOptions = {}) {
  const [hers, his] = [await hostBootstrap(), await hostBootstrap()];
  const alice = await User.make("alice", {
    bootstrap: hers.addresses(),
    share: true,
    ...aliceToo,
  });
  const bob = await User.make("bob", { bootstrap: his.addresses(), share: true });
  const { link } = await bob.messenger.createInvite({ kind: "once", expiresIn: DAY, hints: true });
  await alice.messenger.add(link);
  await alice.until("paired", () => alice.confirmed("bob") && bob.confirmed("alice"));
  const end = async () => {
    await Promise.all([alice.end(), bob.end()]);
    await Promise.all([hers.stop(), his.stop()]);
  };
  return { alice, bob, hers, his, end };
}

const asks = (user: User, host: BootstrapNode) =>
  user.node.status().bootstrap.find(({ address }) => host.addresses().includes(address))?.state;
const learned = (user: User) =>
  user.messenger.learnedHosts().map(({ name, address }) => ({ name, address }));

describe("bootstrap nodes shared by contacts, over libp2p", function () {
  this.timeout(60_000);

  it("are used to rejoin the network only while our own do not answer", async () => {
    const { alice, bob, hers, his, end } = await scene();
    const [address] = his.addresses();
    await alice.until("she was told", () => learned(alice).length === 1);
    assert.deepEqual(learned(alice), [{ name: "bob", address }]);
    await deliver(alice, bob, "asked for nothing yet");
    assert.equal(asks(alice, his), undefined);
    const [own = ""] = hers.addresses();
    await hers.stop();
    await alice.restart();
    await alice.until("his host answers her", () => asks(alice, his) === "connected");
    await alice.until(
      "the mesh",
      () => alice.node.status().wanDht + alice.node.status().lanDht > 0,
    );
    await deliver(bob, alice, "found");
    // What she only learned she tells nobody.
    assert.deepEqual(
      learned(bob).map(({ address }) => address),
      [own],
    );
    const again = await hostBootstrap();
    const [other = ""] = again.addresses();
    alice.options = { ...alice.options, bootstrap: [other] };
    await alice.restart();
    await alice.until("her own answers", () => asks(alice, again) === "connected");
    await alice.until("his is left alone", () => asks(alice, his) === undefined);
    await again.stop();
    await end();
  });

  it("are not used while invisible, switched off in the settings, or shared by a blocked contact", async () => {
    const { alice, bob, hers, his, end } = await scene();
    await alice.until("she was told", () => learned(alice).length === 1);
    await hers.stop();
    alice.messenger.setInvisible(true);
    await alice.until("hers is lost", () => alice.node.status().bootstrap[0]?.error !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(asks(alice, his), undefined);
    alice.messenger.setInvisible(false);
    await alice.until("asked now", () => asks(alice, his) !== undefined);
    await alice.messenger.block("bob");
    await alice.until("and no more", () => asks(alice, his) === undefined);
    await alice.messenger.unblock("bob");
    alice.options = { ...alice.options, share: false };
    await alice.restart();
    assert.deepEqual(learned(alice), []);
    assert.equal(asks(bob, his), "connected");
    await end();
  });

  it("are ignored if ours already, our own node, private or malformed", async () => {
    const { alice, bob, hers, end } = await scene();
    await bob.until("he was told", () => learned(bob).length === 1);
    const own = new BootstrapNodes(alice.node, {
      bootstrap: hers.addresses(),
      bootstrapInvited: [],
    });
    const peer = (hers.addresses()[0] ?? "").split("/p2p/")[1] ?? "";
    const other = (learned(bob)[0]?.address ?? "").replace(peer, bob.node.transport.host);
    assert.equal(own.mayAsk(other), true);
    for (const bad of [
      ...hers.addresses(),
      `/dns4/example.org/tcp/4001/p2p/${peer}`,
      `/dns4/example.org/tcp/4001/p2p/${alice.node.transport.host}`,
      other.replace("127.0.0.1", "192.168.7.7"),
      other.replace("127.0.0.1", "10.1.2.3"),
      `${other.replace(/\/p2p\/.*/, "")}/p2p/x`,
      other.replace(/\/p2p\/.*/, ""),
      "/dns4/example.org/udp/1/p2p/12D3KooWA",
      "/",
      "/x",
    ])
      assert.equal(own.mayAsk(bad), false, bad);
    await end();
  });
});
