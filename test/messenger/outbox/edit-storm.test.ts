import assert from "node:assert/strict";
import type { MessageId } from "../../../src/base/index.ts";
import { actStorm, pairOf, settledActs } from "../../scenario/acts.ts";
import type { SimNode } from "../../scenario/world.ts";

describe("edits, deletions and reactions in a storm", () => {
  for (let seed = 1; seed <= 3; seed++)
    it(`leave the same on both sides while links break (seed ${seed})`, () =>
      actStorm(5000 + seed, { cut: 0.3, kill: 0 }));
  for (let seed = 1; seed <= 3; seed++)
    it(`leave the same on both sides while machines die (seed ${seed})`, () =>
      actStorm(6000 + seed, { cut: 0.1, kill: 0.15 }));
});

/** What a caller was told is done, by the id of the message. */
interface Done {
  edited: string | undefined;
  deleted: boolean;
  reacted: string | undefined;
}

/** Both sides change what was said, and one dies at a commit. @returns whether it came to that. */
async function killedAt(
  victim: "alice" | "bob",
  moment: "before" | "after",
  step: number,
): Promise<boolean> {
  const { world, alice, bob } = await pairOf(7000);
  const words: MessageId[] = [];
  for (let n = 0; n < 2; n++) words.push((await alice.messenger.send("bob", `alice ${n}`)).id);
  words.push((await bob.messenger.send("alice", "bob 0")).id);
  await settledActs(world, alice, bob);
  const [first, second, theirs] = words as [MessageId, MessageId, MessageId];
  const node: SimNode = victim === "alice" ? alice : bob;
  let count = 0;
  node.onCommit = (_ops, at) => {
    if (at === moment && ++count === step) node.kill();
  };
  const done = new Map<MessageId, Done>(
    words.map((id) => [id, { edited: undefined, deleted: false, reacted: undefined }]),
  );
  const note = async (
    by: SimNode,
    id: MessageId,
    job: () => Promise<unknown>,
    what: Partial<Done>,
  ) => {
    if (!by.alive) return;
    const told = await job().then(
      () => true,
      () => false,
    );
    if (told) Object.assign(done.get(id) as Done, what);
  };
  await note(alice, first, () => alice.messenger.edit(first, "alice 0, better"), {
    edited: "alice 0, better",
  });
  await note(bob, first, () => bob.messenger.react(first, "👍"), { reacted: "👍" });
  await world.time.pass(30);
  await note(bob, theirs, () => bob.messenger.edit(theirs, "bob 0, better"), {
    edited: "bob 0, better",
  });
  await note(alice, second, () => alice.messenger.delete(second), { deleted: true });
  await note(bob, second, () => bob.messenger.react(second, "❤️"), { reacted: "❤️" });
  await world.time.pass(1000);
  const killed = !node.alive;
  node.onCommit = undefined;
  if (killed) await node.start();
  await settledActs(world, alice, bob);
  for (const [id, { edited, deleted, reacted }] of done)
    for (const side of [alice, bob]) {
      const view = await side.messenger.message(id);
      if (deleted) assert.deepEqual([view?.deleted, view?.text, view?.reactions], [true, "", []]);
      else if (edited !== undefined) assert.equal(view?.text, edited, side.name);
      if (reacted !== undefined && !deleted && !view?.deleted)
        assert.deepEqual(
          view?.reactions.map(({ emoji }) => emoji),
          [reacted],
        );
    }
  assert.ok(
    [alice, bob].every((side) => side.store.snapshot().every(({ table }) => table !== "outbox")),
  );
  await world.stop();
  return killed;
}

describe("edits, deletions and reactions, killed at every commit", () => {
  for (const victim of ["alice", "bob"] as const)
    for (const moment of ["before", "after"] as const)
      it(`are lost nowhere and done on both sides when ${victim} dies ${moment} any commit`, async () => {
        let step = 1;
        while (await killedAt(victim, moment, step)) step++;
        assert.ok(step > 6, `only ${step - 1} commits`);
      });
});
