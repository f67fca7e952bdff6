import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { QueryEvent } from "@libp2p/kad-dht";
import { lookUp, put } from "../../../scripts/scale/lookup.ts";
import { Network, randomId, seeded } from "../../../scripts/scale/network.ts";
import { keyOf } from "../../../src/node/dht/kademlia.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { createLab, keysOf, recordOf } from "../../node/support.ts";

/** All in one process: fifty take more than ten minutes of a busy machine. */
const NODES = Number(process.env.SCALE_NODES ?? 30);
const RECORDS = 20;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

async function questions(events: AsyncIterable<QueryEvent>) {
  let [asked, found] = [0, 0];
  for await (const event of events) {
    if (event.name === "SEND_QUERY") asked++;
    if (event.name === "VALUE") found++;
  }
  return { asked, found };
}

describe("the simulated DHT beside real nodes", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const server = async (): Promise<Host> => (await lab.host()).host;

  it("asks about as many questions for a put and a get, and finds every record", async () => {
    const hosts: Host[] = [];
    for (let i = 0; i < NODES; i++) {
      const host = await server();
      const [first] = hosts;
      // All are one neighbour here, whose pending connections are bounded: who is refused comes
      // again.
      while (first !== undefined && host.getPeers().length === 0)
        await host.dial(first.getMultiaddrs()).catch(() => sleep(50));
      hosts.push(host);
    }
    // Tables fill by lookups, which the library makes every five minutes.
    for (let round = 0; round < 2; round++)
      for (const [i, { services }] of hosts.entries()) {
        const signal = AbortSignal.timeout(60_000);
        await questions(services.wan.getClosestPeers(keysOf(round * NODES + i).tag, { signal }));
      }
    const sizes = hosts.map(({ services }) => services.wan.routingTable.size);
    const at = (index: number): Host => hosts[index % NODES] as Host;
    const real = { puts: [] as number[], gets: [] as number[], found: 0 };
    for (let i = 0; i < RECORDS; i++) {
      const key = keyOf(keysOf(i).tag);
      const signal = AbortSignal.timeout(60_000);
      const done = await questions(at(i).services.wan.put(key, recordOf(i), { signal }));
      real.puts.push(done.asked);
      const got = await questions(at(i * 7 + 3).services.wan.get(key, { signal }));
      real.gets.push(got.asked);
      if (got.found > 0) real.found++;
    }

    const network = new Network(seeded(1));
    for (let i = 0; i < NODES; i++) network.add("honest");
    network.settle();
    const simulated = { puts: [] as number[], gets: [] as number[] };
    for (let i = 0; i < 400; i++) {
      const key = randomId(network.chance);
      simulated.puts.push(put(network, network.any(), key, 1).messages);
      simulated.gets.push(lookUp(network, network.any(), key, key).messages);
    }
    const ratios = {
      put: mean(real.puts) / mean(simulated.puts),
      get: mean(real.gets) / mean(simulated.gets),
    };
    const said = { tables: mean(sizes), real: [mean(real.puts), mean(real.gets)], ...ratios };
    process.stdout.write(`      ${JSON.stringify(said)}\n`);
    assert.equal(real.found, RECORDS);
    for (const ratio of Object.values(ratios))
      assert.ok(ratio > 0.7 && ratio < 1.3, JSON.stringify(said));
  });
});
