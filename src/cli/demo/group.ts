/** `sotto demo --group`: four nodes that form a group, of which one is removed and one leaves. */
import type { Group, Message } from "../../api/index.ts";
import { reachedText } from "../format/message-lines.ts";
import { formatDuration } from "../format/time.ts";
import type { Actor } from "./processes.ts";
import { addByInvite, expect, inTime, type Play, STEP, type Tell } from "./steps.ts";

/** A node in a group: `ref` names the group to its node. */
interface Member {
  readonly actor: Actor;
  readonly ref: string;
}

/** A message that is under way. */
interface Sent {
  readonly from: Member;
  readonly message: Message;
  readonly start: number;
}

const NAME = "club";

/**
 * Alice makes a group with Bob, Carol and Dave; Bob and Carol are contacts, Dave is one of Alice
 * only. All talk, Dave is removed, and Alice, who owns the group, leaves it.
 */
export const playGroup: Play = async (stage, tell) => {
  const address = await stage.bootstrap();
  tell("bootstrap", `a bootstrap node listens on ${address}`);
  const [alice, bob, carol, dave] = await Promise.all([
    stage.node("alice", true),
    stage.node("bob", true),
    stage.node("carol", true),
    stage.node("dave", true),
  ]);
  const pids = [alice, bob, carol, dave].map(({ pid }) => pid).join(", ");
  tell("nodes", `alice, bob, carol and dave run, processes ${pids}`);

  const pairing = performance.now();
  await Promise.all([
    ...[bob, carol, dave].map((invited) => pair(alice, invited)),
    pair(bob, carol),
  ]);
  tell("paired", `alice paired with all three, and bob with carol, in ${since(pairing)}`);

  const { group } = await alice.call("group.create", { name: NAME });
  const { ref } = group;
  for (const { account } of [bob, carol, dave])
    await alice.call("group.invite", { group: ref, who: account });
  tell("group", `alice made #${NAME} and invited bob, carol and dave`);
  const joining = performance.now();
  const [a, b, c, d] = [alice, bob, carol, dave].map((actor) => ({ actor, ref })) as [
    ...[Member, Member, Member, Member],
  ];
  await Promise.all([b, c, d].map(accept));
  await Promise.all([
    seen(a, ({ members, linked }) => members === 4 && linked === 3),
    ...[b, c].map((each) => seen(each, isWhole(4, 2))),
    seen(d, isWhole(4, 1)),
  ]);
  tell(
    "joined",
    `they accepted, and all have the same four members after ${since(joining)}; ` +
      "bob and carol reach dave through alice",
  );

  const talk: Sent[] = [];
  talk.push(await say(a, "Welcome to the club.", tell));
  talk.push(await say(b, "Hello, this is Bob.", tell));
  talk.push(await say(c, "Carol here.", tell));
  talk.push(await say(d, "And Dave.", tell));
  for (const sent of talk) await arrive(sent, 3, tell);

  const removing = performance.now();
  await alice.call("group.remove", { group: ref, member: dave.account });
  await Promise.all([
    ...[b, c].map((each) => seen(each, ({ members }) => members === 3)),
    seen(d, ({ standing }) => standing === "removed"),
  ]);
  tell("removed", `alice removed dave, and all know it after ${since(removing)}; the keys changed`);
  const secret = await say(b, "Dave does not get this.", tell);
  await arrive(secret, 2, tell);
  const kept = (await dave.call("message.list", { who: ref })).messages.map(({ text }) => text);
  expect(!kept.includes(secret.message.text), "the node of dave has what followed its removal");
  expect(kept.length === talk.length, `the node of dave has ${kept.length} messages`);
  tell(
    "unreadable",
    `dave's node, still online, has the ${kept.length} messages before its removal and no other`,
  );

  const leaving = performance.now();
  await alice.call("group.leave", { group: ref });
  await Promise.all([b, c].map((each) => seen(each, ({ members }) => members === 2)));
  const [owner] = (await bob.call("group.members", { group: ref })).members;
  const next = owner?.own ? b : c;
  const other = next === b ? c : b;
  await next.actor.call("group.set", { group: ref, topic: "Without Alice" });
  await seen(other, ({ topic }) => topic === "Without Alice");
  tell(
    "left",
    `alice left, ${next.actor.name} is the owner and has set a topic, after ${since(leaving)}`,
  );
  await arrive(await say(next, "The group goes on.", tell), 1, tell);
};

const since = (start: number): string => formatDuration(performance.now() - start);

const isWhole =
  (members: number, linked: number) =>
  (group: Group): boolean =>
    group.standing === "member" && group.members === members && group.linked === linked;

async function pair(inviter: Actor, invited: Actor): Promise<void> {
  await addByInvite(invited, (await inviter.call("invite.create", {})).link);
}

/** Waits for the invitation to the group and accepts it. */
async function accept({ actor, ref }: Member): Promise<void> {
  const invited = async () => {
    const { invitations } = await actor.call("group.list", {});
    return invitations.some(({ group }) => ref === `group:${group}`);
  };
  expect(await inTime(invited), `${actor.name} got no invitation`);
  await actor.call("group.join", { group: ref });
  const joined = async () => (await actor.call("group.list", {})).groups.length > 0;
  expect(await inTime(joined), `${actor.name} was not added`);
}

/** Waits until a node shows the group so. */
async function seen({ actor, ref }: Member, isSo: (group: Group) => boolean): Promise<void> {
  let last: Group | undefined;
  const shown = async () => {
    last = (await actor.call("group.show", { group: ref })).group;
    return isSo(last);
  };
  const text = () => `${last?.standing}, ${last?.members} members, ${last?.linked} linked`;
  if (!(await inTime(shown))) expect(false, `the node of ${actor.name} shows ${text()}`);
}

/** Sends a message, and waits until another node is proven to store it. */
async function say(from: Member, text: string, tell: Tell): Promise<Sent> {
  const start = performance.now();
  const { actor, ref } = from;
  const options = { who: ref, text, wait: "live", timeout: STEP } as const;
  const { message, elapsed, timedOut } = await actor.call("message.send", options);
  expect(!timedOut, `no node took the message of ${actor.name} (${reachedText(message)})`);
  const state = `${reachedText({ ...message, state: "held" })} in ${formatDuration(elapsed)}`;
  tell("message", `${actor.name} → #${NAME}  ${JSON.stringify(text)}  ${state}`);
  return { from, message, start };
}

/** Waits until a message was opened by all other members. @param of how many there are. */
async function arrive({ from, message, start }: Sent, of: number, tell: Tell): Promise<void> {
  const { actor, ref } = from;
  let now = message;
  const arrived = async () => {
    now = (await actor.call("message.find", { id: message.id, who: ref })).message;
    return now.reached?.of === of && now.reached.delivered === of;
  };
  const isSo = await inTime(arrived);
  expect(isSo, `the message of ${actor.name} did not reach all (${reachedText(now)})`);
  const after = formatDuration(performance.now() - start);
  tell(
    "delivered",
    `${actor.name} → #${NAME}  ${JSON.stringify(now.text)}  ${reachedText(now)} in ${after}`,
  );
}
