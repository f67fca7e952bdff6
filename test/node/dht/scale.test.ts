import assert from "node:assert/strict";
import { lookUp, put } from "../../../scripts/scale/lookup.ts";
import {
  K,
  type Manner,
  Network,
  nearest,
  randomId,
  seeded,
} from "../../../scripts/scale/network.ts";
import { type Setting, simulate } from "../../../scripts/scale/simulate.ts";

const HOUR = 3_600_000;

function settled(manners: readonly Manner[]): Network {
  const network = new Network(seeded(7));
  for (const manner of manners) network.add(manner);
  network.settle();
  return network;
}
const all = (manner: Manner, count: number) => new Array<Manner>(count).fill(manner);

const setting: Setting = {
  nodes: 150,
  stay: 2 * HOUR,
  hostile: 0.1,
  manner: "liar",
  doors: 2,
  records: 10,
  gets: 4,
  span: 2 * HOUR,
  upkeep: HOUR,
  seed: 3,
};

describe("node: simulated DHT", () => {
  it("stores a record on the closest nodes of the whole network", () => {
    const network = settled(all("honest", 2_000));
    for (let i = 0; i < 20; i++) {
      const key = randomId(network.chance);
      const done = put(network, network.any(), key, 1);
      const holders = network.nodes.filter(({ records }) => records.has(key));
      assert.deepEqual(new Set(holders), new Set(nearest(network.nodes, key)));
      assert.equal(done.holders, K);
      assert.equal(lookUp(network, network.any(), key, key).found?.put, 1);
    }
  });

  it("finds nothing if all nodes drop records", () => {
    const network = settled(all("mute", 100));
    const key = randomId(network.chance);
    assert.equal(put(network, network.any(), key, 1).holders, 0);
    assert.equal(lookUp(network, network.any(), key, key).found, undefined);
  });

  it("counts requests to dead nodes as lost, and forgets the nodes", () => {
    const network = settled(all("honest", 60));
    for (let i = 0; i < 20; i++) network.remove(0);
    const [from] = network.nodes;
    assert.ok(from);
    const key = randomId(network.chance);
    const first = lookUp(network, from, key);
    assert.ok(first.lost > 0 && first.closest.every(({ alive }) => alive));
    const gone = (): number => from.buckets.flat().filter((one) => one?.alive === false).length;
    const left = gone();
    for (let i = 0; i < 20; i++) lookUp(network, from, randomId(network.chance));
    assert.ok(gone() < left);
  });

  it("lets lying nodes return only each other", () => {
    const network = settled([...all("honest", 500), ...all("liar", 50)]);
    const liar = network.nodes.find(({ manner }) => manner === "liar");
    assert.ok(liar);
    for (let i = 0; i < 10; i++) {
      const target = randomId(network.chance);
      const liars = network.nodes.filter(({ manner }) => manner === "liar");
      assert.deepEqual(network.named(liar, target), nearest(liars, target));
    }
  });

  it("is deterministic per seed", () => {
    const once = simulate(setting);
    assert.deepEqual(simulate(setting), once);
    assert.notDeepEqual(simulate({ ...setting, seed: 4 }), once);
    assert.ok(once.found > 0.5 && once.lost > 0 && once.skew > 1);
  });
});
