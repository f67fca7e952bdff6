/** Steps of `sotto demo`: how each is reported, and how long it may take. */
import type { Result } from "../../api/index.ts";
import { limits, type Part, SottoError } from "../../base/index.ts";
import type { Actor, DemoProcesses } from "./processes.ts";

/** Prints one step. @param step its name in JSON. */
export type Tell = (step: string, text: Part) => void;

/** A demo: starts nodes by `stage` and prints each step. */
export type Play = (stage: DemoProcesses, tell: Tell) => Promise<void>;

/**
 * How long a step may take, ms: two of the longest pauses between the attempts of a pairing. Where
 * Bob asks before Alice's record is stored, he asks again after one, two and four seconds.
 */
export const STEP = 2 * limits.pairingRetry;
/** Between two looks at the state of a node, ms. */
const LOOK = 20;

/** Adds the contact of an invite and waits until both are paired. @returns how long it took, ms. */
export async function addByInvite(actor: Actor, link: string): Promise<number> {
  const start = performance.now();
  const { contact } = await actor.call("contact.add", { link, wait: STEP });
  await confirmed(actor, contact);
  return performance.now() - start;
}

/**
 * Waits until the other side has confirmed the pairing. `contact.add` waits for that only for a
 * moment after the handshake, since it may take days. Exported for its test. @throws SottoError
 * `timed-out`.
 */
export async function confirmed(
  actor: Pick<Actor, "call" | "name">,
  { account, pairing }: Result<"contact.add">["contact"],
): Promise<void> {
  let now = pairing;
  const done = async () => {
    if (now === "handshaken")
      now = (await actor.call("contact.show", { who: account })).contact.pairing;
    return now !== "handshaken";
  };
  await inTime(done);
  expect(now === "confirmed", `${actor.name} did not find the contact of the invite (${now})`);
}

/** Looks until something is so, or the time of a step is over. @returns whether it is so. */
export async function inTime(isSo: () => Promise<boolean>): Promise<boolean> {
  const start = performance.now();
  while (performance.now() - start < STEP) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
  return false;
}

/** Ends the demo where something is not so. @throws SottoError `timed-out`. */
export function expect(fact: boolean, otherwise: string): asserts fact {
  if (!fact) throw new SottoError("timed-out", `The demo failed: ${otherwise}.`);
}
