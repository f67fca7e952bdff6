import assert from "node:assert/strict";
import { limits, toHex } from "../../../src/base/index.ts";
import { padded } from "../../../src/messenger/discovery/cover-records.ts";
import type { SimHost } from "../../scenario/host.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What a node that stores records sees of one host. */
interface Seen {
  readonly sizes: Set<number>;
  /** When each tag was put, ms. */
  readonly puts: Map<string, number[]>;
  readonly looks: Map<string, number[]>;
}

function watch(world: World, host: SimHost): Seen {
  const seen: Seen = { sizes: new Set(), puts: new Map(), looks: new Map() };
  const note = (map: Map<string, number[]>, tag: Uint8Array): void => {
    const name = toHex(tag);
    map.set(name, [...(map.get(name) ?? []), world.time.now()]);
  };
  const publish = host.publish.bind(host);
  const lookup = host.lookup.bind(host);
  host.publish = (tag, record, signal) => {
    seen.sizes.add(record.length);
    assert.equal(tag.length, 32);
    note(seen.puts, tag);
    return publish(tag, record, signal);
  };
  host.lookup = (tag, signal) => {
    note(seen.looks, tag);
    return lookup(tag, signal);
  };
  return seen;
}

const tagsSince = (seen: Seen, from: number): string[] =>
  [...seen.puts].filter(([, times]) => times.some((at) => at >= from)).map(([tag]) => tag);

/** Watches each host from its beginning on. */
function watchAll(world: World): (node: SimNode) => Seen {
  const all = new Map<SimHost, Seen>();
  const make = world.network.host.bind(world.network);
  world.network.host = () => {
    const host = make();
    all.set(host, watch(world, host));
    return host;
  };
  return ({ host }) => all.get(host) ?? assert.fail("not watched");
}

/** Who has `decoys` and knows `people` who are away, since a start. */
async function alice(decoys: number, people: number) {
  const world = new World();
  const seenOf = watchAll(world);
  const node = await world.node("alice", 0, { decoys });
  for (let i = 0; i < people; i++) {
    const other = await world.node(`bob${i}`);
    await world.pair(node, other);
    await other.stop();
  }
  await node.restart();
  return { world, node, seenOf, seen: seenOf(node) };
}

describe("messenger: decoys", () => {
  it("fill up to the step, doubled until all contacts fit, and to no more than a limit", () => {
    assert.deepEqual(
      [0, 1, 8, 9, 16, 17, 500, 513].map((real) => padded(8, real)),
      [8, 8, 8, 16, 16, 32, 512, 513],
    );
  });

  it("keep the number of tags of one host independent of its contacts, day after day and after a restart", async () => {
    for (const people of [0, 3]) {
      // An invite of each pairing is open for a day.
      const { world, node, seen, seenOf } = await alice(8, people);
      await world.time.pass(10 * MINUTE);
      assert.equal(seen.puts.size, 8);
      await world.time.pass(2 * DAY);
      const before = tagsSince(seen, world.time.now() - 2 * HOUR);
      await node.restart();
      const again = seenOf(node);
      await world.time.pass(10 * MINUTE);
      assert.equal(again.puts.size, 8);
      // The same as before, but for those whose day has ended.
      assert.ok([...again.puts.keys()].filter((tag) => before.includes(tag)).length >= 7);
      await world.stop();
    }
  });

  it("are put and looked for as a contact who is away: same size, same pace, same length of life", async () => {
    const { world, node, seen } = await alice(8, 4);
    await world.time.pass(4 * DAY);
    assert.deepEqual([...seen.sizes], [limits.recordBytes]);
    const spans = [...seen.puts.values()].map((times) => times.sort((a, b) => a - b));
    const whole = spans.filter((times) => (times.at(-1) ?? 0) - (times[0] ?? 0) > 20 * HOUR);
    // Of four people three whole days each; of decoys two at least, once the day of the invites has
    // passed.
    assert.ok(whole.length >= 4 * 3 + 4 * 2, String(whole.length));
    for (const times of whole) {
      assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) < DAY + limits.refreshMax);
      for (const [index, at] of times.entries())
        if (index > 0) {
          const gap = at - (times[index - 1] ?? 0);
          assert.ok(gap <= limits.refreshMax + MINUTE, String(gap));
        }
    }
    // All are looked for about as often: the least and the most of whole days are not far apart.
    const looks = [...seen.looks.values()]
      .filter((times) => (times.at(-1) ?? 0) - (times[0] ?? 0) > 24 * HOUR)
      .map((times) => times.length);
    assert.ok(looks.length >= 10, String(looks.length));
    assert.ok(Math.max(...looks) < 2 * Math.min(...looks), looks.join(" "));
    assert.equal(node.messenger.health().records.wanted, 4);
    await world.stop();
  });

  it("give way to a new contact only when their own day ends, and are off by default", async () => {
    const { world, node, seen } = await alice(8, 0);
    await world.time.pass(HOUR);
    const first = new Set(seen.puts.keys());
    const carol = await world.node("carol");
    await world.pair(node, carol);
    const from = world.time.now();
    await world.time.pass(100 * MINUTE);
    const later = tagsSince(seen, from);
    const left = [...first].filter((tag) => later.includes(tag)).length;
    assert.ok(left >= 7, String(left));
    await world.time.pass(2 * DAY);
    const day = world.time.now();
    await world.time.pass(100 * MINUTE);
    assert.ok(tagsSince(seen, day).length <= 10);
    await node.messenger.setDecoys(0);
    const end = world.time.now();
    await world.time.pass(100 * MINUTE);
    assert.ok(tagsSince(seen, end).length <= 2);
    await world.stop();
  });

  it("are not put while the node is invisible", async () => {
    const { world, node, seen } = await alice(8, 0);
    node.messenger.setInvisible(true);
    await world.time.pass(HOUR);
    const { size } = seen.puts;
    await world.time.pass(DAY);
    assert.equal(seen.puts.size, size);
    await world.stop();
  });
});

describe("messenger: the borders of days", () => {
  it("pass without a record at the exact boundary, and without a gap in which no contact is found", async () => {
    const world = new World();
    const seenOf = watchAll(world);
    const [ann, ben] = [await world.node("ann"), await world.node("ben")];
    await world.pair(ann, ben);
    const [hers, his] = [seenOf(ann), seenOf(ben)];
    const firsts = (seen: Seen): number[] =>
      [...seen.puts.values()].map((times) => times[0] ?? 0).sort((a, b) => a - b);
    await world.time.pass(6 * DAY);
    const [a, b] = [firsts(hers).slice(1), firsts(his).slice(1)];
    const together = a.filter((at) => b.some((other) => Math.abs(other - at) < MINUTE));
    assert.ok(together.length <= 2, `${together.length} of ${a.length}`);
    for (const seen of [hers, his]) {
      const all = [...seen.puts.values()].flat().sort((x, y) => x - y);
      for (const [index, at] of all.entries())
        if (index > 0) assert.ok(at - (all[index - 1] ?? 0) <= limits.refreshMax + MINUTE);
    }
    await world.stop();
  });
});
