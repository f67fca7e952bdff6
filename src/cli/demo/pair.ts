/** `sotto demo`: two nodes that pair and talk. */
import { safe } from "../../base/index.ts";
import { numberLines, routeNote } from "../format/format.ts";
import { stateText } from "../format/message-lines.ts";
import { formatDuration } from "../format/time.ts";
import type { Actor } from "./processes.ts";
import { addByInvite, expect, inTime, type Play, STEP, type Tell } from "./steps.ts";

/** Two nodes pair, talk, compare their safety number, and one is offline for a while. */
export const playPair: Play = async (stage, tell) => {
  const address = await stage.bootstrap();
  tell("bootstrap", `a bootstrap node listens on ${address}`);
  const [alice, bob] = await Promise.all([stage.node("alice", true), stage.node("bob", false)]);
  tell(
    "nodes",
    `alice and bob run, processes ${alice.pid} and ${bob.pid}; only alice uses the bootstrap node`,
  );

  const { link } = await alice.call("invite.create", {});
  tell(
    "invite",
    `alice made an invite of ${link.length} characters, which contains the bootstrap node`,
  );
  const elapsed = await addByInvite(bob, link);
  tell("paired", `bob found alice through the DHT and paired in ${formatDuration(elapsed)}`);

  await say(alice, bob, "Hello Bob, there is no server between us.", tell);
  await say(bob, alice, "Hello Alice, I see.", tell);
  await numbers(alice, bob, tell);

  await stage.end(bob);
  tell("offline", "bob's node was stopped");
  const text = "Read this when you are back.";
  const waiting = await alice.call("message.send", { who: bob.account, text });
  expect(waiting.message.state === "queued", "a message was shown as sent while bob was offline");
  tell("waiting", `alice → bob  ${stateText("queued")} (kept and sent automatically)`);
  const back = performance.now();
  const returned = await stage.node("bob", false);
  tell("back", "bob's node runs again, with a new PeerId");
  await arrival(returned, alice, text);
  tell(
    "delivered",
    `alice → bob  delivered ${formatDuration(performance.now() - back)} after the start`,
  );
  await alice.call("message.markRead", { who: bob.account });
};

async function say(from: Actor, to: Actor, text: string, tell: Tell): Promise<void> {
  const { contact, message, elapsed } = await from.call("message.send", {
    who: to.account,
    text,
    wait: "delivered",
    timeout: STEP,
  });
  const arrived = message.state === "delivered" || message.state === "read";
  expect(arrived, `the message of ${from.name} was not delivered (${message.state})`);
  tell(
    "message",
    `${from.name} → ${to.name}  ${JSON.stringify(text)}  ${message.state} in ` +
      `${formatDuration(elapsed)}${routeNote(contact ?? {})}`,
  );
}

async function numbers(alice: Actor, bob: Actor, tell: Tell): Promise<void> {
  const [ours, theirs] = await Promise.all([
    alice.call("contact.number", { who: bob.account }),
    bob.call("contact.number", { who: alice.account }),
  ]);
  expect(ours.number === theirs.number, "the two safety numbers differ");
  await alice.call("contact.verify", { who: bob.account, number: theirs.number });
  await bob.call("contact.verify", { who: alice.account, number: ours.number });
  tell(
    "verified",
    safe`both show the same safety number and are verified:\n${numberLines(ours.number)}`,
  );
}

/** Waits until a message with this text arrived. */
async function arrival(actor: Actor, from: Actor, text: string): Promise<void> {
  const arrived = async () => {
    const { messages } = await actor.call("message.list", { who: from.account });
    return messages.some((message) => message.text === text);
  };
  expect(await inTime(arrived), "the kept message was not delivered");
}
