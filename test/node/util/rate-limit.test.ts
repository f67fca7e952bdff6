import assert from "node:assert/strict";
import { createRequestLimit } from "../../../src/node/util/rate-limit.ts";
import type { Clock } from "../../../src/ports/index.ts";

const many = { puts: 99, putsPerSubnet: 99, perSubnet: 99, allPuts: 999, all: 999 };

describe("node: requests to the DHT", () => {
  it("limits the records that a peer and a subnet put in a minute, and rejects provider records", () => {
    let now = 0;
    const clock: Clock = { now: () => now, after: () => () => undefined };
    const allows = createRequestLimit(clock, {
      ...many,
      puts: 2,
      putsPerSubnet: 3,
      perSubnet: 12,
    });
    const puts = (peer: string): boolean[] =>
      [1, 2, 3].map(() => allows(peer, `subnet of ${peer}`, "PUT_VALUE"));
    assert.deepEqual(puts("a"), [true, true, false]);
    assert.deepEqual(puts("b"), [true, true, false]);
    assert.equal(allows("a", "subnet of a", "GET_VALUE"), true);
    now += 60_000;
    assert.deepEqual(puts("a"), [true, true, false]);
    now -= 3_600_000;
    assert.deepEqual(puts("a"), [true, true, false], "a clock that fell back begins a new minute");
    now += 7_200_000;
    const ofSubnet = ["c", "d", "e", "f"].map((peer) => allows(peer, "crowded", "PUT_VALUE"));
    assert.deepEqual(ofSubnet, [true, true, true, false], "a new PeerId gets a subnet no more");
    assert.equal(allows("g", "elsewhere", "PUT_VALUE"), true);
    assert.equal(allows("a", "subnet of a", "ADD_PROVIDER"), false);
    assert.equal(allows("a", "subnet of a", "GET_PROVIDERS"), false);
  });

  it("limits the requests of a subnet in a minute, of whatever kind", () => {
    const clock: Clock = { now: () => 0, after: () => () => undefined };
    const allows = createRequestLimit(clock, { ...many, perSubnet: 3 });
    const asked = (peer: string, subnet: string) => allows(peer, subnet, "FIND_NODE");
    assert.deepEqual(
      [1, 2, 3, 4].map((i) => asked(`${i}`, "crowded")),
      [true, true, true, false],
    );
    assert.equal(allows("5", "crowded", "PUT_VALUE"), false);
    assert.equal(asked("6", "elsewhere"), true);
  });

  it("limits the puts and the requests of all subnets together", () => {
    const clock: Clock = { now: () => 0, after: () => () => undefined };
    const allows = createRequestLimit(clock, { ...many, allPuts: 3, all: 5 });
    const requests = ["PUT_VALUE", "PUT_VALUE", "PUT_VALUE", "PUT_VALUE", "GET_VALUE", "GET_VALUE"];
    assert.deepEqual(
      requests.map((request, i) => allows(`${i}`, `subnet ${i}`, request)),
      [true, true, true, false, true, false],
    );
  });
});
