/** Conversations as they are shown, and that both sides show the same. */
import assert from "node:assert/strict";
import type { MessageView } from "../../src/messenger/index.ts";
import type { SimNode, World } from "./world.ts";

const DAY = 86_400_000;

/** One message on one line, as whoever is `node` sees it. */
function line({ direction, text, edited, deleted, reactions }: MessageView): string {
  const notes = [
    ...(edited ? ["edited"] : []),
    ...(deleted ? ["deleted"] : []),
    ...reactions.map((each) => `${each.direction} ${each.emoji}`),
  ];
  return `${direction}: ${text}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

export async function lines(node: SimNode, who: string): Promise<string[]> {
  return (await node.messenger.history(who, { limit: 10_000 })).map(line);
}

const swapped = (direction: "in" | "out"): "in" | "out" => (direction === "in" ? "out" : "in");

/** What a conversation says, from nobody's side: by id, and each side's own words in the order in which they were written. */
async function told(node: SimNode, who: string, flip: boolean): Promise<Map<string, string>> {
  const page = await node.messenger.history(who, { limit: 10_000 });
  const turned = (view: MessageView): MessageView => ({
    ...view,
    direction: swapped(view.direction),
    reactions: view.reactions
      .map((each) => ({ ...each, direction: swapped(each.direction) }))
      .toSorted((a, b) => a.direction.localeCompare(b.direction)),
  });
  return new Map(page.map((view) => [view.id, line(flip ? turned(view) : view)]));
}

/** Waits until nothing waits on either side, and holds the two conversations against each other. */
export async function settledActs(world: World, alice: SimNode, bob: SimNode): Promise<void> {
  const waiting = (): number => alice.contact("bob").waiting + bob.contact("alice").waiting;
  await world.until("everything is delivered", () => waiting() === 0, DAY);
  const [ours, theirs] = [await told(alice, "bob", false), await told(bob, "alice", true)];
  for (const [id, said] of theirs) if (ours.has(id)) assert.equal(ours.get(id), said);
  for (const node of [alice, bob]) {
    const page = await node.messenger.history(node === alice ? "bob" : "alice", { limit: 10_000 });
    assert.ok(
      page.every(({ changing }) => !changing),
      `${node.name}: nothing is under way`,
    );
  }
}
