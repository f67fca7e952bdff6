import assert from "node:assert/strict";
import type { Diagnosis } from "../../../src/messenger/index.ts";
import { admits, routeOf } from "../../../src/messenger/model/link-policy.ts";
import { signalPayloadBytes } from "../../../src/wire/index.ts";
import { confirmed, type SimNode, World } from "../../scenario/world.ts";
import { keep, restored } from "../account/backups.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two contacts on one local network, or on two. */
async function pairOf(seed: number, lans: readonly [number, number] = [1, 1]) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  for (const [node, lan] of [
    [alice, lans[0]],
    [bob, lans[1]],
  ] as const)
    move(node, lan);
  await world.pair(alice, bob);
  await world.until("a link", () => alice.contact("bob").online && bob.contact("alice").online);
  return { world, alice, bob };
}

/** Another network, and another address on it; what is open breaks. */
function move(node: SimNode, lan: number): void {
  node.lan = lan;
  node.host.lan = lan;
  node.host.cutAll();
  node.host.move(`/ip4/10.${lan}.0.${node.name.length}/tcp/4001`);
}

async function behindProxy(world: World, node: SimNode, proxied = true): Promise<void> {
  node.proxied = proxied;
  await node.restart();
  await world.time.pass(MINUTE);
}

/** Everything by which a node shows itself from now on. */
function traces(world: World, node: SimNode) {
  const before = { ...counts() };
  function counts() {
    const sent = world.network.captured.filter(({ from }) => from === node.host.host).length;
    const { puts, lookups, dials } = node.host;
    return { sent, puts, lookups, dials: dials.length };
  }
  return () => {
    const now = counts();
    return Object.fromEntries(
      Object.entries(now).map(([name, count]) => [name, count - before[name as keyof typeof now]]),
    );
  };
}

async function ask(world: World, node: SimNode, who: string): Promise<Diagnosis> {
  let told: Diagnosis | undefined;
  void node.messenger.diagnose(who).then((diagnosis) => {
    told = diagnosis;
  });
  await world.until("a diagnosis", () => told !== undefined);
  return told as unknown as Diagnosis;
}

const NONE = { sent: 0, puts: 0, lookups: 0, dials: 0 };
const texts = (node: SimNode): string[] => node.shown().map(({ text }) => text);

describe("a contact with the policy hidden", () => {
  it("loses the link at once, and gets no dial, no record, no lookup and no answer", async () => {
    const { world, alice, bob } = await pairOf(1);
    const view = await alice.messenger.setPolicy("bob", "hidden");
    assert.deepEqual([view.policy, view.online, view.awaits], ["hidden", false, "proxy"]);
    const left = traces(world, alice);
    await world.until("bob sees the end", () => !bob.contact("alice").online);
    const sent = await alice.messenger.send("bob", "later");
    await bob.messenger.send("alice", "are you there");
    alice.host.readdressed();
    await world.time.pass(5 * HOUR);
    assert.deepEqual(left(), NONE);
    assert.deepEqual(texts(alice), []);
    assert.equal((await alice.messenger.message(sent.id))?.state, "queued");
    const told = await ask(world, alice, "bob");
    assert.equal(told.cause, "hidden");
    assert.deepEqual(left(), NONE);
    assert.equal((await ask(world, bob, "alice")).cause, "unrecognized");
    await world.stop();
  });

  it("is dialled and answered through a proxy, and not beside it", async () => {
    const { world, alice, bob } = await pairOf(2, [1, 2]);
    await alice.messenger.setPolicy("bob", "hidden");
    const sent = await alice.messenger.send("bob", "through the proxy");
    await world.time.pass(HOUR);
    await behindProxy(world, alice);
    await world.until("it arrives", () => texts(bob).includes("through the proxy"));
    assert.equal(alice.contact("bob").awaits, undefined);
    assert.equal(alice.contact("bob").route, "proxy");
    assert.equal(bob.contact("alice").route, "direct", "he has no proxy, and sees hers as a peer");
    await world.reaches(alice, sent, "delivered");
    await world.stop();
  });

  it("meets silence by an open invite", async () => {
    const { world, alice, bob } = await pairOf(4);
    const options = { kind: "reusable", expiresIn: DAY, hints: false } as const;
    const { link } = await alice.messenger.createInvite(options);
    await alice.messenger.setPolicy("bob", "hidden");
    await world.until("bob sees the end", () => !bob.contact("alice").online);
    await world.time.pass(3 * HOUR);
    await bob.messenger.add(link);
    const { length } = world.network.captured;
    await world.time.pass(HOUR);
    assert.ok(!alice.contact("bob").online);
    // Once he has shown who he is, his claim is known, and nothing is said to it.
    const said = world.network.captured
      .slice(length)
      .filter(({ from }) => from === alice.host.host);
    assert.ok(said.length <= 3, `${said.length} frames`);
    await alice.messenger.setPolicy("bob", "any");
    await world.until("they meet", () => alice.contact("bob").online, 2 * HOUR);
    await world.stop();
  });

  it("may be added so, and is not looked for before there is a proxy", async () => {
    const world = new World(5);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    const bootstrap = [`/ip4/203.0.113.7/tcp/4001/p2p/12D3KooW${"x".repeat(44)}`];
    const options = { kind: "once", expiresIn: DAY, hints: true, bootstrap } as const;
    const { link } = await alice.messenger.createInvite(options);
    assert.deepEqual(bob.messenger.bootstrapsIn(link), bootstrap);
    assert.deepEqual(bob.messenger.bootstrapsIn(link, "hidden"), []);
    assert.deepEqual(bob.messenger.bootstrapsIn(link, "lan"), []);
    const left = traces(world, bob);
    const view = await bob.messenger.add(link, { as: "alice", policy: "hidden" });
    assert.deepEqual([view.policy, view.awaits], ["hidden", "proxy"]);
    assert.deepEqual(bob.messenger.bootstrapsIn(link), []);
    await world.time.pass(HOUR);
    assert.deepEqual(left(), NONE);
    await behindProxy(world, bob);
    await world.until("they pair", () => confirmed(alice, bob) && confirmed(bob, alice));
    assert.deepEqual(bob.messenger.bootstrapsIn(link), bootstrap);
    await world.stop();
  });
});

describe("a contact with the policy lan", () => {
  it("keeps its link on the local network, and finds us there again", async () => {
    const { world, alice, bob } = await pairOf(6);
    const view = await alice.messenger.setPolicy("bob", "lan");
    assert.deepEqual([view.policy, view.online, view.awaits], ["lan", true, undefined]);
    await world.time.pass(HOUR);
    assert.ok(alice.contact("bob").online);
    await bob.restart();
    await world.until("a link again", () => alice.contact("bob").online);
    await alice.restart();
    await world.until("and again", () => bob.contact("alice").online);
    await world.stop();
  });

  it("loses a link that leads farther at once", async () => {
    const { world, alice } = await pairOf(7, [1, 2]);
    const view = await alice.messenger.setPolicy("bob", "lan");
    assert.deepEqual([view.online, view.awaits], [false, "lan"]);
    assert.ok(!alice.contact("bob").online);
    await world.stop();
  });

  it("meets silence from elsewhere, and no record or dial of ours leads out of the network", async () => {
    const { world, alice, bob } = await pairOf(8);
    await alice.messenger.setPolicy("bob", "lan");
    const left: unknown[] = [];
    const { host } = alice;
    const [publish, lookup] = [host.publish.bind(host), host.lookup.bind(host)];
    host.publish = (tag, record, signal, scope) => {
      left.push(scope);
      return publish(tag, record, signal, scope);
    };
    host.lookup = (tag, signal, scope) => {
      left.push(scope);
      return lookup(tag, signal, scope);
    };
    move(bob, 2);
    await world.until("the link ends", () => !alice.contact("bob").online);
    const { length } = world.network.captured;
    const sent = await alice.messenger.send("bob", "when you are home");
    await bob.messenger.send("alice", "from far away");
    await world.time.pass(5 * HOUR);
    const hers = ({ from }: { from: string }) => from === alice.host.host;
    assert.equal(world.network.captured.slice(length).filter(hers).length, 0);
    const dials = host.dials.filter(({ isolationKey }) => isolationKey !== undefined).slice(-3);
    assert.ok(dials.length > 0 && left.length > 0);
    assert.ok(dials.every(({ scope, seal }) => scope === "lan" && seal === undefined));
    // The invite of one use that bob came by is published no more either.
    assert.deepEqual([...new Set(left)], ["lan"]);
    assert.equal((await ask(world, alice, "bob")).cause, "lan-only");
    assert.equal(alice.contact("bob").awaits, "lan");
    assert.deepEqual(texts(alice), []);
    move(bob, 1);
    await world.reaches(alice, sent, "delivered");
    await world.until("his comes, too", () => texts(alice).includes("from far away"));
    await world.stop();
  });

  it("is not met at all behind a proxy, where nothing is near", async () => {
    const { world, alice } = await pairOf(9);
    await alice.messenger.setPolicy("bob", "lan");
    await behindProxy(world, alice);
    const left = traces(world, alice);
    await world.time.pass(3 * HOUR);
    assert.deepEqual(left(), NONE);
    assert.equal(alice.contact("bob").awaits, "no-proxy");
    assert.equal((await ask(world, alice, "bob")).cause, "lan-behind-proxy");
    await world.stop();
  });
});

describe("a contact's policy", () => {
  it("says over which ways a link may come: never beside a proxy to one who must not see us", () => {
    const ways = ["self", "lan", "wan"] as const;
    const open = (policy: "any" | "lan" | "hidden", proxied: boolean, outbound: boolean) =>
      ways.filter((proximity) => admits({ policy }, { proxied }, { outbound, proximity })).join();
    for (const outbound of [true, false]) {
      assert.equal(open("any", false, outbound), "self,lan,wan");
      assert.equal(open("any", true, outbound), "self,lan,wan");
      assert.equal(open("lan", false, outbound), "self,lan");
      assert.equal(open("lan", true, outbound), "");
      assert.equal(open("hidden", false, outbound), "");
    }
    assert.equal(open("hidden", true, true), "self,lan,wan");
    assert.equal(open("hidden", true, false), "self");
    assert.equal(
      admits({ policy: "lan" }, {}, { outbound: true }),
      false,
      "a way that nobody knows",
    );
  });

  it("shows a link as via the proxy where the proxy or Tor on this machine carries it", () => {
    const ways = ["self", "lan", "wan"] as const;
    const routes = (proxied: boolean, outbound: boolean) =>
      ways.map((proximity) => routeOf({ proxied }, { outbound, proximity })).join();
    assert.equal(routes(false, true), "direct,direct,direct");
    assert.equal(routes(false, false), "direct,direct,direct");
    assert.equal(routes(true, true), "proxy,proxy,proxy");
    assert.equal(routes(true, false), "proxy,direct,direct");
  });

  it("answers no envelope unless it is any", async () => {
    const { world, alice, bob } = await pairOf(10);
    await bob.restart();
    await world.until("a link", () => alice.contact("bob").online);
    const seal = bob.host.seals.get(alice.host.addresses().join());
    assert.ok(seal);
    const call = () =>
      seal(alice.host.host, new Uint8Array(signalPayloadBytes), bob.host.host).envelope;
    assert.ok(alice.host.opens(bob.host.host, call()));
    for (const policy of ["lan", "hidden"] as const) {
      await alice.messenger.setPolicy("bob", policy);
      assert.equal(alice.host.opens(bob.host.host, call()), undefined, policy);
    }
    await alice.messenger.setPolicy("bob", "any");
    assert.ok(alice.host.opens(bob.host.host, call()));
    await world.stop();
  });

  it("lets them meet again once it is any, and outlives a restart", async () => {
    const { world, alice, bob } = await pairOf(11);
    await alice.messenger.setPolicy("bob", "hidden");
    await alice.restart();
    assert.equal(alice.contact("bob").policy, "hidden");
    const waiting = await bob.messenger.send("alice", "hello");
    await world.time.pass(HOUR);
    assert.deepEqual(texts(alice), []);
    await alice.messenger.setPolicy("bob", "any");
    await world.reaches(bob, waiting, "delivered");
    assert.equal(alice.contact("bob").awaits, undefined);
    await world.stop();
  });

  it("comes back with a backup", async () => {
    const { world, alice } = await pairOf(12);
    await alice.messenger.setPolicy("bob", "lan");
    const kept = await keep(alice);
    await alice.stop();
    const again = await restored(world, "alice", kept);
    assert.equal(again.contact("bob").policy, "lan");
    await world.stop();
  });
});
