import assert from "node:assert/strict";
import { limits, toHex } from "../../../src/base/index.ts";
import type { PublicRendezvous } from "../../../src/ports/index.ts";
import type { SimHost } from "../../scenario/host.ts";
import { World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The public DHT as its rules are: addresses by key and host, with no judgement of who leaves what.
 */
class Square {
  readonly puts: { readonly key: string; readonly by: SimHost; readonly at: number }[] = [];
  readonly looks: { readonly key: string; readonly by: SimHost; readonly at: number }[] = [];
  /** What liars add to each key, before the others. */
  lies: string[] = [];
  on = true;
  readonly #left = new Map<string, Map<SimHost, { addresses: readonly string[]; at: number }>>();
  readonly #turned: (() => void)[] = [];

  turn(on: boolean): void {
    this.on = on;
    for (const told of this.#turned) told();
  }

  rendezvous = (host: SimHost): PublicRendezvous => {
    const now = (): number => host.network.time.now();
    const square = this;
    return {
      enabled: () => square.on,
      async publish(key) {
        const name = toHex(key);
        square.puts.push({ key: name, by: host, at: now() });
        await host.network.wait(2000);
        const left = square.#left.get(name) ?? new Map();
        square.#left.set(name, left.set(host, { addresses: host.addresses(), at: now() }));
        return 20;
      },
      async *lookup(key) {
        const name = toHex(key);
        square.looks.push({ key: name, by: host, at: now() });
        await host.network.wait(2000);
        for (const address of square.lies) yield [address];
        for (const { addresses, at } of square.#left.get(name)?.values() ?? [])
          if (now() - at < DAY) yield addresses;
      },
      onToggle: (turned) => void square.#turned.push(turned),
    };
  };

  /** When each key of a node was put, in order. */
  times(by: SimHost): Map<string, number[]> {
    const times = new Map<string, number[]>();
    for (const put of this.puts)
      if (put.by === by) times.set(put.key, [...(times.get(put.key) ?? []), put.at]);
    return times;
  }
}

/** Two who reach each other, and no rendezvous but the public one. */
async function two() {
  const world = new World();
  const square = new Square();
  const make = async (name: string) => {
    const node = await world.node(name, 0, { publicRendezvous: square.rendezvous });
    node.group = 1;
    node.host.group = 1;
    return node;
  };
  return { world, square, make, alice: await make("alice"), bob: await make("bob") };
}

describe("messenger: the public DHT", () => {
  it("brings two together who share no other rendezvous, by an invite and afterwards", async () => {
    const { world, alice, bob } = await two();
    await world.pair(alice, bob);
    const sent = await alice.messenger.send("bob", "hello");
    await world.reaches(alice, sent, "delivered");
    // Both at other addresses: what was kept of each other leads nowhere.
    await Promise.all([alice.restart(), bob.restart()]);
    const again = await bob.messenger.send("alice", "are you there");
    await world.reaches(bob, again, "delivered");
    await world.stop();
  });

  it("skips candidates that are other nodes, or no node", async () => {
    const { world, square, make, alice, bob } = await two();
    const carol = await make("carol");
    square.lies = [carol.host.address, "/ip4/203.0.113.9/tcp/1"];
    await world.pair(alice, bob);
    assert.equal(carol.messenger.contacts().length, 0);
    await world.stop();
  });

  it("stores an address under another key each day, again before nodes drop it, and for each direction its own", async () => {
    const { world, square, alice, bob } = await two();
    await world.pair(alice, bob);
    const start = world.time.now();
    await world.time.pass(4 * DAY);
    const [hers, his] = [square.times(alice.host), square.times(bob.host)];
    for (const key of hers.keys()) assert.ok(!his.has(key));
    for (const times of [hers, his]) {
      const moments = [...times.values()].flat().filter((at) => at > start);
      // Three or four a day, and never half a day without one.
      assert.ok(moments.length >= 8 && moments.length <= 20, String(moments.length));
      const sorted = [start, ...moments.sort((a, b) => a - b)];
      for (const [index, at] of sorted.entries())
        assert.ok(at - (sorted[index - 1] ?? at) <= limits.publicRefreshMax + 60_000);
      for (const [, one] of times) assert.ok(Math.max(...one) - Math.min(...one) <= DAY);
    }
    await world.stop();
  });

  it("leaves many keys one after another, spread, and not all at once", async () => {
    const { world, square, alice } = await two();
    for (let i = 0; i < 30; i++)
      await alice.messenger.createInvite({ kind: "once", expiresIn: 20 * DAY, hints: false });
    await alice.restart();
    const start = world.time.now();
    await world.time.pass(HOUR);
    const moments = [...square.times(alice.host).values()].flat().sort((a, b) => a - b);
    // Each once, or twice where its day ended in the meantime.
    assert.ok(moments.length >= 30 && moments.length < 36, String(moments.length));
    const span = (moments[29] ?? 0) - start;
    assert.ok(span > 30 * 2000 + limits.publicSpread * 5, String(span));
    await world.stop();
  });

  it("rarely looks up a contact that stays offline", async () => {
    const { world, square, alice, bob } = await two();
    await world.pair(alice, bob);
    await bob.stop();
    const from = square.looks.length;
    await world.time.pass(DAY);
    const looks = square.looks.slice(from).filter(({ by }) => by === alice.host);
    // 30 minutes apart in the end, and around the border of a day under two keys.
    assert.ok(looks.length > 20 && looks.length < 120, String(looks.length));
    await world.stop();
  });

  it("does nothing while it is off, or while the node is invisible", async () => {
    const { world, square, alice, bob } = await two();
    await world.pair(alice, bob);
    await world.until("a link", () => alice.contact("bob").online);
    square.turn(false);
    const before = [square.puts.length, square.looks.length];
    await alice.restart();
    await bob.restart();
    await world.time.pass(DAY);
    assert.deepEqual([square.puts.length, square.looks.length], before);
    assert.deepEqual(alice.messenger.health().publicKeys, { wanted: 0, held: 0, refused: 0 });
    alice.messenger.setInvisible(true);
    square.turn(true);
    await world.time.pass(HOUR);
    assert.equal(square.times(alice.host).size, 0);
    assert.ok(square.times(bob.host).size > 0);
    await world.stop();
  });
});
