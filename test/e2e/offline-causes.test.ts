import assert from "node:assert/strict";
import type { BootstrapNode } from "../../src/node/index.ts";
import { hostBootstrap, pair, User } from "./user.ts";

const DAY = 86_400_000;
const once = { kind: "once", expiresIn: DAY, hints: true } as const;

describe("causes of a missing connection, between real nodes", function () {
  this.timeout(60_000);
  let hosts: BootstrapNode[] = [];
  let users: User[] = [];

  const host = async (): Promise<BootstrapNode> => {
    const made = await hostBootstrap();
    hosts.push(made);
    return made;
  };
  const user = async (name: string, options: User["options"]): Promise<User> => {
    const made = await User.make(name, options);
    users.push(made);
    return made;
  };
  const three = async () => {
    const bootstrap = (await host()).addresses();
    return Promise.all(["alice", "bob", "carol"].map((name) => user(name, { bootstrap })));
  };
  const pairingOf = (of: User, who: string) =>
    of.messenger.contacts().find(({ name }) => name === who)?.pairing;
  const published = (of: User) =>
    of.until("their records are held", () => {
      const { wanted, held } = of.messenger.health().records;
      return wanted > 0 && held === wanted;
    });
  const unlinked = (of: User, who: string) =>
    of.until("the link is gone", () => !of.messenger.contact(who).online);
  const causeOf = async (of: User, who: string) => (await of.messenger.diagnose(who)).cause;

  afterEach(async () => {
    await Promise.all(users.map((each) => each.end()));
    await Promise.all(hosts.map((each) => each.stop()));
    [users, hosts] = [[], []];
  });

  it("reports request-received and request-pending for an open request, then denied and blocked", async () => {
    const [alice, bob, carol] = (await three()) as [User, User, User];
    const { link } = await alice.messenger.createInvite({ ...once, kind: "reusable" });
    for (const each of [bob, carol]) {
      await each.messenger.add(link);
      await alice.until("asked", () => pairingOf(alice, each.name) === "requested");
    }
    assert.equal(await causeOf(alice, bob.messenger.self().account), "request-received");
    await bob.restart();
    await unlinked(bob, "alice");
    assert.equal(await causeOf(bob, "alice"), "request-pending");
    await alice.messenger.deny("bob");
    await bob.until("told", () => pairingOf(bob, "alice") === "denied");
    assert.equal(await causeOf(bob, "alice"), "denied");
    const { account } = carol.messenger.self();
    await alice.messenger.block(account);
    const told = await alice.messenger.diagnose(account);
    assert.deepEqual([told.cause, told.dials], ["blocked", []]);
  });

  it("reports used for the second user of an invite", async () => {
    const [alice, bob, carol] = (await three()) as [User, User, User];
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await bob.until("paired", () => bob.confirmed("alice"));
    await carol.messenger.add(link, { as: "alice" });
    await carol.until("told", () => pairingOf(carol, "alice") === "used");
    assert.equal(await causeOf(carol, "alice"), "used");
  });

  it("reports own-address and other-peer for a stale record that names us or another node", async () => {
    const [alice, bob, carol] = (await three()) as [User, User, User];
    await pair(alice, bob);
    for (const [whose, cause] of [
      [alice, "own-address"],
      [carol, "other-peer"],
    ] as const) {
      await bob.stop();
      bob.options = { ...bob.options, announce: [...whose.node.transport.addresses()] };
      await bob.start();
      await published(bob);
      await bob.kill();
      await unlinked(alice, "bob");
      const told = await alice.messenger.diagnose("bob");
      const from = told.dials.filter((dial) => dial.from === "record");
      assert.equal(told.cause, cause, JSON.stringify(told.dials));
      assert.ok(from.length > 0 && from.every(({ reached }) => !reached));
      await bob.start();
    }
  });

  it("reports no-dht-peer without a bootstrap node, and no-record with a new, empty one", async () => {
    const gone = await host();
    const bootstrap = gone.addresses();
    const alice = await user("alice", { bootstrap });
    const { link } = await alice.messenger.createInvite({ ...once, hints: false });
    await gone.stop();
    const bob = await user("bob", { bootstrap });
    await bob.messenger.add(link, { as: "alice" });
    await bob.until("the host is missed", () =>
      bob.node.status().bootstrap.every(({ error }) => error === "refused"),
    );
    assert.equal(await causeOf(bob, "alice"), "no-dht-peer");
    for (const address of (await host()).addresses()) bob.node.addBootstrap(address);
    await bob.until("a DHT peer is known", () => bob.node.rendezvous.peers("any") > 0);
    assert.equal(await causeOf(bob, "alice"), "no-record");
  });
});
