import assert from "node:assert/strict";
import { faultsOf, groupOf, membersOf, settle, storm, textsOf } from "../../scenario/groups.ts";

import type { SimNode } from "../../scenario/world.ts";

const SECOND = 1_000;
const MINUTE = 60_000;

describe("a group in a storm", () => {
  for (const [seed, count] of [
    [1, 3],
    [2, 4],
    [3, 5],
  ] as const)
    it(`of ${count} loses nothing and shows nothing twice (seed ${seed})`, async () => {
      const made = await groupOf(seed, count);
      await storm(made, 60);
      await settle(made, made.nodes);
      assert.deepEqual(await faultsOf(made, made.nodes), []);
      await made.world.stop();
    });

  it("comes to one result where two admins remove others at the same time, apart", async () => {
    const made = await groupOf(4, 4);
    const { world, nodes } = made;
    const [alice, bob, carol, dave] = nodes as [SimNode, SimNode, SimNode, SimNode];
    const club = (node: SimNode) => node.messenger.groups;
    await club(alice).setRole("Club", "bob", "admin");
    await world.time.pass(10 * SECOND);
    const part = (group: (node: SimNode) => number): void => {
      for (const node of nodes) {
        node.group = group(node);
        node.host.group = node.group;
        node.host.cutAll();
      }
    };
    part((node) => (node === alice || node === carol ? 1 : 2));
    await world.time.pass(MINUTE);
    await club(alice).remove("Club", "dave");
    await club(bob).remove("Club", "carol");
    await world.time.pass(10 * SECOND);
    await alice.messenger.send("group:Club", "without dave");
    await bob.messenger.send("group:Club", "without carol");
    await world.time.pass(MINUTE);
    part(() => 0);
    await settle(made, [alice, bob]);
    for (const node of nodes) assert.equal(membersOf(node), 2, node.name);
    const texts = await textsOf(alice);
    assert.deepEqual([...texts].sort(), ["without carol", "without dave"]);
    assert.deepEqual(await textsOf(bob), texts);
    assert.deepEqual(await textsOf(carol), ["without dave"]);
    assert.deepEqual(await textsOf(dave), ["without carol"]);
    assert.deepEqual(
      [alice, bob, carol, dave].map((node) => club(node).show("Club").standing),
      ["member", "member", "removed", "removed"],
    );
    await world.stop();
  });
});
