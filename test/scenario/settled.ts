/**
 * The end of a run: everything is well again, and both sides of each pair must come to have the
 * same.
 */

import type { MessageRow } from "../../src/messenger/model/message.ts";
import type { Stage } from "./actions.ts";
import { type Conversation, Disk } from "./disk.ts";
import { judgePages } from "./laws-order.ts";
import type { Profile } from "./plan.ts";
import { meet, paired } from "./simulation.ts";
import type { SimNode } from "./world.ts";

const HOUR = 3_600_000;

export async function settle(stage: Stage, profile: Profile, wrong: () => boolean): Promise<void> {
  const { world, laws } = stage;
  const until = async (what: string, reached: () => boolean): Promise<void> => {
    if (wrong()) return;
    // Whoever is down knows nothing.
    const there = (): boolean => stage.nodes.every(({ alive }) => alive) && reached();
    if (!(await world.time.run(() => wrong() || there(), 24 * HOUR)))
      laws.broken.push(`never came: ${what}`);
  };
  await stage.heal();
  const pairs = profile.pairs.map(
    ([one, other]) => [stage.nodes[one] as SimNode, stage.nodes[other] as SimNode] as const,
  );
  for (const [at, [one, other]] of pairs.entries()) {
    const { account } = one.messenger.self();
    if (!other.messenger.contacts().some((contact) => contact.account === account))
      void meet(stage, profile.pairs[at] as readonly [number, number]);
    await until(`${one.name} and ${other.name} are paired`, () => paired(one, other));
  }
  // A last word each way: it brings everything before it along.
  for (const [one, other] of pairs)
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      stage.send(from, to.messenger.self().account, `the end, ${from.name}`);
  await world.time.pass(1);
  const waiting = (): number =>
    stage.nodes.reduce(
      (sum, { messenger }) => sum + messenger.contacts().reduce((all, one) => all + one.waiting, 0),
      0,
    );
  await until("everything is delivered", () => waiting() === 0);
  if (wrong()) return;
  stage.playing = false;
  // Whatever struck at the very end is over, too.
  for (const node of stage.nodes) node.onCommit = undefined;
  await world.time.pass(5000);
  await until("everything is delivered", () => waiting() === 0);
  if (wrong()) return;
  for (const node of stage.nodes) await agree(stage, node);
}

/** What a message is after all that was done to it, seen from its writer's side. */
function looks({ text, deleted, reactions = {} }: MessageRow, turned = false): string {
  const [own, other] = turned ? [reactions.in, reactions.out] : [reactions.out, reactions.in];
  return JSON.stringify([text, deleted === true, own?.emoji ?? "", other?.emoji ?? ""]);
}

/** Both sides have come to one timer and one order, and hold nothing of the other back. */
function sameSettings(
  ours: Conversation,
  theirs: Conversation | undefined,
  say: (law: string) => void,
): void {
  const [one, other] = [ours.contact?.conversation, theirs?.contact?.conversation];
  if (one === undefined || other === undefined) return;
  const timer = ({ timer }: typeof one) => timer && `${timer.ms} ${timer.lamport} ${timer.id}`;
  if (timer(one) !== timer(other)) say(`the timer is ${timer(one)}, and ${timer(other)} there`);
  if (one.lamport !== other.lamport)
    say(`the order is at ${one.lamport}, and ${other.lamport} there`);
  if (one.unbased) say("the order has no base");
  if ((one.held ?? []).length > 0 || one.dropped) say("messages of an honest contact are refused");
}

/** What `node` has and shows fits what the others have. */
async function agree(stage: Stage, node: SimNode): Promise<void> {
  const { laws } = stage;
  const say = (law: string): number => laws.broken.push(`${node.name}: ${law}`);
  const known = laws.of(node);
  if (Disk.of(node.store).print() !== known.disk.print()) say("the disk is not what was committed");
  for (const { node: by, message } of stage.kept)
    if (by === node && !known.lost.has(message.id) && !known.disk.ids().has(message.id))
      say(`"${message.text}" was kept, and is lost`);
  const bot = stage.bot(node);
  await bot.readAll(node);
  for (const { messages } of known.disk.conversations.values())
    for (const { id, text, state } of messages.values()) {
      if (!bot.told.has(id)) say(`"${text}" was never told to who follows`);
      else if (bot.states.get(id) !== state)
        say(`"${text}" is ${state}, and who follows was told ${bot.states.get(id)}`);
    }
  for (const far of stage.nodes) {
    const ours = known.disk.with(far.messenger.self().account);
    const there = laws.of(far);
    const theirs = there.disk.with(node.messenger.self().account);
    if (far === node || ours === undefined) continue;
    let before = 0;
    for (const [, row] of [...ours.messages].sort(([one], [other]) => one - other)) {
      if (row.direction !== "out") continue;
      const place = theirs?.places.get(row.id);
      if (row.state === "failed" && !row.deleted) say(`"${row.text}" failed`);
      if (row.state === "cancelled" && !stage.takenBack.has(row.id))
        say(`"${row.text}" is cancelled, and nobody cancelled it`);
      // What was deleted on its way is deleted there as well.
      const undelivered = row.state === "failed" || row.state === "cancelled";
      // Of an older copy a newer state may have sent it, which no one could know.
      if (undelivered && place !== undefined && !row.deleted && !known.rolledBack)
        say(`"${row.text}" is ${row.state}, and is there`);
      if (row.state === "queued") say(`"${row.text}" waits forever`);
      if (undelivered) continue;
      // The notice of a timer that came too late to hold is shown by its author only.
      const shown = place !== undefined || row.notice !== undefined;
      if (!shown && !there.lost.has(row.id)) say(`"${row.text}" never arrived`);
      if (place === undefined) continue;
      const copy = theirs?.messages.get(place);
      if (!known.rolledBack && !there.rolledBack && copy && looks(row) !== looks(copy, true))
        say(`"${row.text}" is ${looks(row)} here, and ${looks(copy, true)} there`);
      // A notice of before an older copy of our disk comes back with the settings of the other side.
      const comesBack = known.rolledBack && row.notice !== undefined;
      if (place < before && !there.rolledBack && !comesBack)
        say(`"${row.text}" stands in the wrong place`);
      if (!comesBack) before = place;
    }
    sameSettings(ours, theirs, say);
    for (const { id, direction, text } of theirs?.messages.values() ?? [])
      if (direction === "out" || ours.places.has(id) || known.lost.has(id)) continue;
      else say(`"${text}" is there, and was never ours`);
    for (const law of await judgePages(node, far.messenger.self().account)) say(law);
    const page = await node.messenger.history(far.messenger.self().account, { limit: 10_000 });
    // Where neither disk was ever another one, nothing is missing.
    if (!known.rolledBack && !there.rolledBack)
      for (const { text, gap } of page) if (gap) say(`"${text}" follows what is missing`);
    const shown = page.map(({ at, id, state }) => `${at} ${id} ${state}`);
    const rows = [...ours.messages].map(([at, { id, state }]) => `${at} ${id} ${state}`);
    if (shown.join() !== rows.join()) say(`history shows ${shown}, and the disk has ${rows}`);
  }
}
