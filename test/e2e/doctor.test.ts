import assert from "node:assert/strict";
import type { BootstrapNode } from "../../src/node/index.ts";
import { hostBootstrap, pair, User } from "./user.ts";

/** PeerIds that nobody has here, and an address at which nobody listens. */
const OTHER = "12D3KooWCqZSPQs1D4eCjstdkW8C1wa3mLD6dCWy2Srj5Ehmoj6q";
const NOBODY = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEmJ6hhDFZKH8dmpLcEExByWJ4ssmhFsSkY9EjoDuF3kc";

describe("diagnosis of a contact, over libp2p", function () {
  this.timeout(90_000);
  let host: BootstrapNode;
  let alice: User;
  let bob: User;

  beforeEach(async () => {
    host = await hostBootstrap();
    const bootstrap = host.addresses();
    [alice, bob] = await Promise.all([
      User.make("alice", { bootstrap }),
      User.make("bob", { bootstrap }),
    ]);
    await pair(alice, bob);
  });
  afterEach(async () => {
    await Promise.all([alice.end(), bob.end()]);
    await host.stop();
  });

  /** Every record of theirs can be found. */
  const published = (user: User) =>
    user.until("their records are held", () => {
      const { wanted, held } = user.messenger.health().records;
      return wanted > 0 && held === wanted;
    });
  const unlinked = () =>
    alice.until("the link is gone", () => !alice.messenger.contact("bob").online);

  it("reports the connection and its round-trip time", async () => {
    await alice.until("a link", () => alice.messenger.contact("bob").online);
    const { cause, link, session } = await alice.messenger.diagnose("bob");
    assert.equal(cause, undefined);
    assert.ok(link?.address.startsWith("/ip4/127.0.0.1/tcp/"));
    assert.equal(session, "kept");
    assert.equal((await alice.messenger.ping("bob")).outcome, "answered");
    await published(alice);
  });

  it("reports unreachable, with the reason for each address, when their node is stopped", async () => {
    const [address] = bob.node.transport.addresses();
    await published(bob);
    await bob.kill();
    await unlinked();
    const { cause, dials } = await alice.messenger.diagnose("bob");
    assert.equal(cause, "unreachable");
    const dial = dials.find((each) => each.address === address && each.from === "record");
    assert.deepEqual([dial?.reached, dial?.reason], [false, "refused"]);
    assert.deepEqual(await alice.messenger.ping("bob"), { outcome: "no-link" });
    await bob.start();
  });

  it("reports unreachable when they announce a port that they do not listen on", async () => {
    // Who listens nowhere can only dial.
    const deaf = { bootstrap: host.addresses(), listen: [] };
    const carol = await User.make("carol", deaf);
    try {
      await pair(bob, carol);
      await bob.stop();
      bob.options = { ...bob.options, announce: ["/ip4/127.0.0.1/tcp/1"] };
      await bob.start();
      await published(bob);
      await carol.until("unlinked", () => !carol.messenger.contact("bob").online);
      const { cause, dials } = await carol.messenger.diagnose("bob");
      assert.equal(cause, "unreachable");
      assert.ok(
        dials.some(({ address, reason }) => address.endsWith("/tcp/1") && reason === "refused"),
      );
    } finally {
      await carol.end();
    }
  });

  it("reports that they did not recognize us when they blocked us", async () => {
    await bob.messenger.block("alice");
    await unlinked();
    const { cause, dials } = await alice.messenger.diagnose("bob");
    assert.equal(cause, "unrecognized");
    assert.ok(dials.some(({ reached, answer }) => reached && answer === "silent"));
  });

  it("distinguishes a stopped bootstrap node from one whose address now serves another PeerId", async () => {
    const [address = ""] = host.addresses();
    const lying = address.replace(/[^/]*$/, OTHER);
    alice.node.addBootstrap(lying);
    alice.node.addBootstrap(NOBODY);
    const errorOf = (wanted: string) =>
      alice.node.status().bootstrap.find((each) => each.address === wanted)?.error;
    await alice.until("both have failed", () => !!errorOf(lying) && !!errorOf(NOBODY));
    assert.equal(errorOf(lying), "another node answers there");
    assert.equal(errorOf(NOBODY), "refused");
  });
});
