import assert from "node:assert/strict";
import { paired } from "../../scenario/pairing.ts";
import { settled, storm, watchDelivered } from "../../scenario/storm.ts";
import type { SimNode } from "../../scenario/world.ts";

describe("delivery in a storm", () => {
  for (let seed = 1; seed <= 7; seed++)
    it(`loses nothing and shows nothing twice while links break (seed ${seed})`, () =>
      storm(1000 + seed, { steps: 40, cut: 0.4, kill: 0 }));
  for (let seed = 1; seed <= 7; seed++)
    it(`loses nothing and shows nothing twice while machines die (seed ${seed})`, () =>
      storm(2000 + seed, { steps: 40, cut: 0.2, kill: 0.15 }));
  for (let seed = 1; seed <= 7; seed++)
    it(`loses nothing and shows nothing twice while sessions are lost (seed ${seed})`, () =>
      storm(3000 + seed, { steps: 40, cut: 0.2, kill: 0.2, lose: 0.5 }));
});

/** A conversation of six messages, in which one side dies at a commit. */
async function conversation(
  seed: number,
  victim: "alice" | "bob",
  moment: "before" | "after",
  step: number,
): Promise<boolean> {
  const { world, alice, bob } = await paired(seed);
  await world.time.pass(1000);
  const node: SimNode = victim === "alice" ? alice : bob;
  let count = 0;
  node.onCommit = (_ops, at) => {
    if (at === moment && ++count === step) node.kill();
  };
  const watches = [watchDelivered(alice, bob), watchDelivered(bob, alice)];
  for (let n = 0; n < 3; n++) {
    // A node that dies in the meantime never answers.
    for (const [from, who] of [
      [alice, "bob"],
      [bob, "alice"],
    ] as const)
      if (from.alive) from.messenger.send(who, `${from.name} ${n}`).catch(() => undefined);
    await world.time.pass(100);
  }
  await world.time.pass(1000);
  const killed = !node.alive;
  node.onCommit = undefined;
  if (killed) await node.start();
  await settled(world, alice, bob);
  assert.deepEqual(
    watches.flatMap(({ lies }) => lies),
    [],
  );
  await world.stop();
  return killed;
}

describe("delivery, killed at every commit", () => {
  for (const victim of ["alice", "bob"] as const)
    for (const moment of ["before", "after"] as const)
      it(`loses nothing and shows nothing twice when ${victim} dies ${moment} any commit`, async () => {
        let step = 1;
        while (await conversation(3000, victim, moment, step)) step++;
        assert.ok(step > 8, `only ${step - 1} commits`);
      });
});
