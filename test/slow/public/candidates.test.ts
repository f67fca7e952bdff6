import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { SottoNode } from "../../../src/node/index.ts";
import { createLab, noSignal } from "../../node/support.ts";
import { type Amino, startAmino } from "../../support/amino.ts";

describe("a key of the public DHT to which others add", function () {
  this.timeout(60_000);
  const lab = createLab();
  let amino: Amino;
  before(async () => {
    amino = await startAmino(20);
  });
  after(async () => {
    await lab.clear();
    await amino.stop();
  });

  it("gives a bounded number of candidates, each once", async () => {
    const key = new Uint8Array(32).fill(5);
    const node = (): Promise<SottoNode> =>
      lab.node({ privateWan: true, publicDht: true, publicBootstrap: amino.addresses });
    const bob = await node();
    for (let i = 0; i < limits.publicCandidates + 2; i++)
      await (await node()).publicRendezvous.publish(key, noSignal());
    const found: string[] = [];
    for await (const addresses of bob.publicRendezvous.lookup(key, noSignal()))
      found.push(addresses.join(" "));
    assert.equal(found.length, limits.publicCandidates);
    assert.equal(new Set(found).size, found.length);
  });
});
