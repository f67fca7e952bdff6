import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { settle, tell } from "../../chaos/account.ts";
import { everybody } from "../../chaos/killing.ts";
import { sizes } from "../../chaos/sizes.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { pair, type User } from "../../chaos/user.ts";

describe("daemons whose host keys change under constant sending", () => {
  it("lose nothing and show nothing twice, one after the other and both within a second, and are linked afterwards", async () => {
    const testbed = await Testbed.open();
    try {
      const alice = testbed.user("alice");
      const bob = testbed.user("bob");
      await Promise.all([alice.start(), bob.start()]);
      await pair(alice, bob);
      const gone = await Promise.all([absences(alice), absences(bob)]);
      const loads = everybody([alice, bob]);
      for (const load of loads) load.start();
      const hosts = new Set<string>();
      const rotate = async (user: User) => {
        const { host } = await user.node.call("net.rotate", {});
        hosts.add(host);
      };
      for (let round = 0; round < sizes.rotations; round++) {
        await rotate(alice);
        await sleep(2_000 * Math.random());
        await rotate(bob);
        await sleep(2_000 * Math.random());
        await Promise.all([rotate(alice), sleep(1_000 * Math.random()).then(() => rotate(bob))]);
        await sleep(3_000);
      }
      assert.equal(hosts.size, 4 * sizes.rotations);
      await Promise.all(loads.map((load) => load.finish()));
      const { messages, lost, duplicated } = await settle(loads);
      assert.deepEqual([lost, duplicated], [0, 0]);
      for (const [one, other] of [
        [alice, "bob"],
        [bob, "alice"],
      ] as const)
        await one.until("linked", async () => (await one.contact(other)).online);
      const moments = gone.map((count) => count());
      tell(
        `${messages} messages over ${hosts.size} changes; moments offline: ${moments.join(", ")}`,
      );
    } finally {
      await testbed.close();
    }
  });
});

/** Counts from now on how often the contact is shown as offline. */
async function absences(user: User): Promise<() => number> {
  let gone = 0;
  const client = await user.anotherClient();
  void (async () => {
    try {
      for await (const event of client.events({ types: ["presence"] }))
        if (event.type === "presence" && !event.contact.online) gone++;
    } catch {
      // The daemon has ended.
    }
  })();
  return () => gone;
}
