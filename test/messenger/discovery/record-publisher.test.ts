import assert from "node:assert/strict";
import { toHex } from "../../../src/base/index.ts";
import { World } from "../../scenario/world.ts";

describe("messenger: records that are put", () => {
  it("begin with a new invite's while those of many contacts are republished", async () => {
    const world = new World();
    const alice = await world.node("alice");
    for (let i = 0; i < 12; i++) await world.pair(alice, await world.node(`bob${i}`));
    const { host } = alice;
    const publish = host.publish.bind(host);
    const begun: string[] = [];
    const earlier = new Set(world.network.records.keys());
    host.publish = async (tag, ...rest) => {
      begun.push(toHex(tag));
      await world.network.wait(10_000);
      return publish(tag, ...rest);
    };
    host.readdressed();
    while (begun.length === 0) await world.time.pass(1000);
    const before = begun.length;
    await alice.messenger.createInvite({ kind: "once", expiresIn: 3_600_000, hints: false });
    while (begun.length < 12) await world.time.pass(1000);
    const [next = ""] = begun.slice(before);
    assert.ok(before < 12 && !earlier.has(next), "a tag that was never put");
    await world.stop();
  });
});
