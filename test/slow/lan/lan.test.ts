import assert from "node:assert/strict";
import { down, Machine, missing, up } from "./lab.ts";

describe("machines on one link, without internet and without configuration", function () {
  this.timeout(300_000);
  let machines: Machine[] = [];
  const plug = async (name: string, four?: string, bridges = 0): Promise<Machine> => {
    const machine = new Machine(name, four, bridges);
    machines.push(machine);
    await machine.call("start");
    return machine;
  };

  before(function () {
    const why = missing();
    if (why !== undefined) {
      console.log(`        skipped: ${why}`);
      this.skip();
    }
  });
  beforeEach(() => up());
  afterEach(async () => {
    await Promise.all(machines.map((machine) => machine.end()));
    machines = [];
    down();
  });

  it("pair and talk where there is IPv6 alone, and of that link-local addresses alone", async () => {
    const [alice, bob] = [await plug("alice"), await plug("bob")];
    await alice.pair(bob);
    await alice.deliver("bob", "hello");
    await bob.deliver("alice", "hello yourself");
    const { addresses } = await alice.call<{ addresses: string[] }>("node.status");
    assert.ok(addresses.length > 0 && addresses.every((text) => text.startsWith("/ip6/fe80:")));
    await bob.call("stop");
    await bob.call("start");
    await alice.deliver("bob", "welcome back");
  });

  it("pair and talk next to five bridges of containers that came up before the LAN card", async () => {
    const [alice, bob] = [
      await plug("alice", "192.168.7.1/24", 5),
      await plug("bob", "192.168.7.2/24", 5),
    ];
    await alice.pair(bob);
    await alice.deliver("bob", "hello");
    await bob.call("stop");
    await bob.call("start");
    await alice.deliver("bob", "welcome back");
    const { addresses } = await bob.call<{ addresses: string[] }>("node.status");
    assert.match(addresses[0] ?? "", /^\/ip4\/192\.168\.7\.2\//);
  });

  for (const kind of ["IPv4", "IPv6 alone"] as const)
    it(`talk on while others join, leave, move and are unplugged (${kind})`, async () => {
      const six = kind !== "IPv4";
      const four = (number: number) => (six ? undefined : `10.9.8.${number}/24`);
      const crowd = [
        await plug("alice", four(1)),
        await plug("bob", four(2)),
        await plug("carol", four(3)),
      ];
      const [alice, bob, carol] = crowd as [Machine, Machine, Machine];
      /** Each to each, side by side. @returns the longest that one took, ms. */
      const everybody = async (who: readonly Machine[], text: string): Promise<number> => {
        const sends = who.flatMap((from) =>
          who
            .filter((to) => to !== from)
            .map((to) => from.deliver(to.name, `${text}, from ${from.name}`)),
        );
        return Math.max(...(await Promise.all(sends)));
      };
      const told: string[] = [];
      const note = (what: string, ms: number): void =>
        void told.push(`${what} ${Math.round(ms)} ms`);
      await alice.pair(bob);
      await alice.pair(carol);
      await bob.pair(carol);
      note("three", await everybody(crowd, "three of us"));

      const dave = await plug("dave", four(4));
      for (const one of crowd) await one.pair(dave);
      crowd.push(dave);
      note("joined", await everybody(crowd, "dave is here"));

      await bob.call("stop");
      note("left", await everybody([alice, carol, dave], "bob has left"));
      await bob.call("start");
      note("back", await everybody(crowd, "bob is back"));

      alice.strip();
      alice.give(six ? "fe80::a11c:e/64" : "10.9.8.77/24");
      note("moved", await everybody(crowd, "alice has moved"));

      carol.cable(false);
      note("unplugged", await everybody([alice, bob, dave], "without carol"));
      const waiting = alice.deliver("carol", "for when you are plugged in");
      carol.cable(true);
      await waiting;
      note("plugged", await everybody(crowd, "carol again"));
      console.log(`        longest delivery: ${told.join(", ")}`);
    });
});
