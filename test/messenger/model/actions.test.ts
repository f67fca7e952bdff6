import assert from "node:assert/strict";
import { limits, messageId } from "../../../src/base/index.ts";
import { type ActionBody, supersedes } from "../../../src/messenger/model/actions.ts";
import { World } from "../../scenario/world.ts";

const idOf = (n: number) => messageId.from(new Uint8Array(16).fill(n));
const [one, other] = [idOf(1), idOf(2)];

describe("the table of message actions", () => {
  it("drops queued actions that a newer one makes useless, and no others", () => {
    const on = (target: typeof one): ActionBody[] => [
      { kind: "edit", target, text: "" },
      { kind: "delete", target },
      { kind: "reaction", target, emoji: "" },
    ];
    const all: ActionBody[] = [
      ...on(one),
      ...on(other).slice(0, 1),
      { kind: "timer", ms: 0 },
      { kind: "hosts", hosts: [] },
    ];
    const dropped = all.map((newer) =>
      all.flatMap((old, i) => (supersedes(newer, old) ? [i] : [])),
    );
    assert.deepEqual(dropped, [[0], [0, 1, 2], [2], [3], [], [5]]);
  });

  it("keeps queued changes of expired messages, and holds only the message whose edit waits", async () => {
    const world = new World(1);
    const [alice, bob] = [await world.node("alice"), await world.node("bob")];
    await world.pair(alice, bob);
    await alice.messenger.setTimer("bob", limits.timerMin);
    const said = [];
    for (const text of ["edited", "deleted", "reacted to"])
      said.push(await alice.messenger.send("bob", text));
    const [edited, deleted, reacted] = said;
    assert.ok(edited && deleted && reacted);
    await world.reaches(alice, reacted, "delivered");
    const [notice] = await alice.messenger.history("bob", { limit: 10 });
    assert.deepEqual([notice?.notice?.kind, notice?.state], ["timer", "delivered"]);
    bob.kill();
    alice.host.cutAll();
    await alice.messenger.edit(edited.id, "again");
    await alice.messenger.delete(deleted.id);
    await alice.messenger.react(reacted.id, "👍");
    assert.equal(alice.contact("bob").waiting, 3);
    await world.time.pass(limits.timerMin + limits.spanLook);
    const kept = await alice.messenger.history("bob", { limit: 10 });
    assert.deepEqual(
      kept.map(({ text }) => text),
      ["", "again"],
      "only the notice and the edited message are kept",
    );
    assert.equal(alice.contact("bob").waiting, 3);
    await world.stop();
  });
});
