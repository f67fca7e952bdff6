/**
 * Hours of a network: nodes come and go, records are put, put again and looked for by Sotto's
 * rules.
 */
import { limits } from "../../src/base/index.ts";
import { nextRefresh } from "../../src/dht/index.ts";
import { lookUp, put } from "./lookup.ts";
import { type Manner, meet, Network, type Node, randomId, seeded } from "./network.ts";

const MINUTE = 60_000;

export interface Setting {
  readonly nodes: number;
  /** Mean time that a node stays, ms; `undefined` where nobody leaves. */
  readonly stay: number | undefined;
  /** Share of hostile nodes, 0 to 1, and what they do. */
  readonly hostile: number;
  readonly manner: Exclude<Manner, "honest">;
  /** Nodes that a newcomer asks first: its bootstrap hosts, drawn from all, hostile ones too. */
  readonly doors: number;
  /** Records that are followed, and times that each is looked for. */
  readonly records: number;
  readonly gets: number;
  /** How long, ms. */
  readonly span: number;
  /**
   * Between two lookups by which a node keeps its table true, ms. The library does it more often:
   * ours is the careful side.
   */
  readonly upkeep: number;
  readonly seed: number;
}

export interface Outcome {
  /** Share of gets that found a record, and that found the newest one. */
  readonly found: number;
  readonly newest: number;
  /** Means. */
  readonly putMessages: number;
  readonly holders: number;
  readonly getMessages: number;
  readonly getRounds: number;
  readonly firstMessages: number;
  readonly firstRounds: number;
  /** Share of messages that went to nodes that were gone. */
  readonly lost: number;
  /**
   * Messages of the node that has more than 99 of 100 have, beside the mean: those of the records
   * that are followed alone.
   */
  readonly skew: number;
}

/** Chance events are drawn for spans of this length. */
const STEP = MINUTE / 2;

interface Followed {
  readonly key: number;
  owner: Node;
  due: number;
  last: number;
}

export function simulate(setting: Setting): Outcome {
  const { nodes, stay, span, hostile, manner } = setting;
  const chance = seeded(setting.seed);
  const network = new Network(chance);
  const draw = (): Manner => (chance() < hostile ? manner : "honest");
  for (let i = 0; i < nodes; i++) network.add(draw());
  network.settle();
  const person = (): Node => {
    let node = network.any();
    while (node.manner !== "honest") node = network.any();
    return node;
  };
  const followed: Followed[] = Array.from({ length: setting.records }, () => ({
    key: randomId(chance),
    owner: person(),
    due: chance() * limits.refreshMax,
    last: -1,
  }));
  const sums = { puts: 0, putMessages: 0, holders: 0, gets: 0, getMessages: 0, getRounds: 0 };
  const hits = { found: 0, newest: 0, messages: 0, rounds: 0 };
  let [asked, lost] = [0, 0];
  /** By chance as many as a rate says. */
  const often = (mean: number): number => Math.floor(mean) + (chance() < mean % 1 ? 1 : 0);
  /** From when every record was put once, and tables have been through some churn. */
  const warm = limits.refreshMax;
  const perStep = (setting.records * setting.gets * STEP) / (span - warm);
  const counted = <Result>(job: () => Result): Result => {
    network.counting = true;
    const result = job();
    network.counting = false;
    return result;
  };

  for (let now = 0; now < span; now += STEP) {
    if (stay !== undefined)
      for (let i = often((nodes * STEP) / stay); i > 0; i--) {
        network.remove(Math.floor(chance() * network.nodes.length));
        join(network, draw(), setting.doors);
      }
    for (let i = often((nodes * STEP) / setting.upkeep); i > 0; i--)
      lookUp(network, network.any(), randomId(chance));
    for (const one of followed) {
      // Who left comes back under another id, and publishes at once.
      if (!one.owner.alive) Object.assign(one, { owner: person(), due: now });
      if (one.due > now) continue;
      const done = counted(() => put(network, one.owner, one.key, now));
      one.last = now;
      one.due = nextRefresh(now, chance());
      if (now < warm) continue;
      sums.puts++;
      sums.putMessages += done.messages;
      sums.holders += done.holders;
      asked += done.messages;
      lost += done.lost;
    }
    if (now < warm) continue;
    for (let i = often(perStep); i > 0; i--) {
      const one = followed[Math.floor(chance() * followed.length)] as Followed;
      const result = counted(() => lookUp(network, person(), one.key, one.key));
      sums.gets++;
      sums.getMessages += result.messages;
      sums.getRounds += result.rounds;
      asked += result.messages;
      lost += result.lost;
      if (result.found === undefined || now - result.found.put > limits.recordAge) continue;
      hits.found++;
      if (result.found.put === one.last) hits.newest++;
      hits.messages += result.found.messages;
      hits.rounds += result.found.rounds;
    }
  }
  const loads = network.nodes.map((node) => node.load).sort((a, b) => a - b);
  const mean = loads.reduce((sum, each) => sum + each, 0) / loads.length;
  return {
    found: hits.found / sums.gets,
    newest: hits.newest / sums.gets,
    putMessages: sums.putMessages / sums.puts,
    holders: sums.holders / sums.puts,
    getMessages: sums.getMessages / sums.gets,
    getRounds: sums.getRounds / sums.gets,
    firstMessages: hits.messages / hits.found,
    firstRounds: hits.rounds / hits.found,
    lost: lost / asked,
    skew: (loads[Math.floor(loads.length * 0.99)] ?? 0) / mean,
  };
}

/** A newcomer meets its bootstrap hosts, looks itself up, and then looks around. */
function join(network: Network, manner: Manner, doors: number): void {
  const hosts = Array.from({ length: doors }, () => network.any());
  const node = network.add(manner);
  for (const host of hosts) {
    meet(node, host);
    meet(host, node);
  }
  lookUp(network, node, node.id);
  for (let i = 0; i < 3; i++) lookUp(network, node, randomId(network.chance));
}
