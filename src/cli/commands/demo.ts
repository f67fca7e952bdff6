/** `sotto demo`: runs a bootstrap node and two nodes on this computer and lets them talk. */
import type { Result } from "../../api/index.ts";
import { limits, type Part, SottoError, safe, written } from "../../base/index.ts";
import { type Actor, type DemoProcesses, startDemo } from "../demo/processes.ts";
import { numberLines, routeNote } from "../format/format.ts";
import { stateText } from "../format/message-lines.ts";
import { formatDuration } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";

type Tell = (step: string, text: Part) => void;

/**
 * How long a step may take, ms: two of the longest pauses between the attempts of a pairing. Where
 * Bob asks before Alice's record is stored, he asks again after one, two and four seconds.
 */
const STEP = 2 * limits.pairingRetry;
/** Between two looks at the messages, ms. */
const LOOK = 20;

export const define: Define = (command, context) => {
  command.action(() => demo(context));
};

async function demo(context: Context): Promise<void> {
  const start = performance.now();
  const { out } = context;
  const tell: Tell = (step, text) =>
    out.data(safe`${out.style.green("✓")} ${text}`, { step, text: written(text) });
  const stage = startDemo();
  const interrupted = () => void stage.clear().then(() => process.exit(130));
  process.once("SIGINT", interrupted);
  try {
    await play(stage, tell);
    tell("done", `done in ${formatDuration(performance.now() - start)}`);
  } finally {
    await stage.clear();
    process.off("SIGINT", interrupted);
  }
}

async function play(stage: DemoProcesses, tell: Tell): Promise<void> {
  const address = await stage.bootstrap();
  tell("bootstrap", `a bootstrap node listens on ${address}`);
  const [alice, bob] = await Promise.all([stage.node("alice", true), stage.node("bob", false)]);
  tell(
    "nodes",
    `alice and bob run, processes ${alice.pid} and ${bob.pid}; only alice uses the bootstrap node`,
  );

  const invite = await alice.call("invite.create", {});
  tell(
    "invite",
    `alice made an invite of ${invite.link.length} characters, which contains the bootstrap node`,
  );
  const added = performance.now();
  const { contact } = await bob.call("contact.add", { link: invite.link, wait: STEP });
  await confirmed(bob, contact);
  tell(
    "paired",
    `bob found alice through the DHT and paired in ${formatDuration(performance.now() - added)}`,
  );

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
}

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

/**
 * Waits until the other side has confirmed the pairing. `contact.add` waits for that only for a
 * moment after the handshake, since it may take days. Exported for its test. @throws SottoError
 * `timed-out`.
 */
export async function confirmed(
  actor: Pick<Actor, "call">,
  { account, pairing }: Result<"contact.add">["contact"],
): Promise<void> {
  let now = pairing;
  const done = async () => {
    if (now === "handshaken")
      now = (await actor.call("contact.show", { who: account })).contact.pairing;
    return now !== "handshaken";
  };
  await inTime(done);
  expect(now === "confirmed", `bob did not find alice (${now})`);
}

/** Waits until a message with this text arrived. */
async function arrival(actor: Actor, from: Actor, text: string): Promise<void> {
  const arrived = async () => {
    const { messages } = await actor.call("message.list", { who: from.account });
    return messages.some((message) => message.text === text);
  };
  expect(await inTime(arrived), "the kept message was not delivered");
}

/** Looks until something is so, or the time of a step is over. @returns whether it is so. */
async function inTime(isSo: () => Promise<boolean>): Promise<boolean> {
  const start = performance.now();
  while (performance.now() - start < STEP) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
  return false;
}

function expect(fact: boolean, otherwise: string): asserts fact {
  if (!fact) throw new SottoError("timed-out", `The demo failed: ${otherwise}.`);
}
