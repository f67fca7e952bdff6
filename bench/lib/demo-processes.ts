/** Two real daemons on loopback, paired through a bootstrap host, from the built product. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Actor, startDemo } from "../../src/cli/demo/processes.ts";

export const program = fileURLToPath(new URL("../../dist/bin/sotto.js", import.meta.url));

export interface Pair {
  readonly alice: Actor;
  readonly bob: Actor;
  clear(): Promise<void>;
}

/** Needs `npm run build` before. */
export async function startPair(): Promise<Pair> {
  if (!existsSync(program)) throw new Error("build first: npm run build");
  const stage = startDemo([process.execPath, program]);
  try {
    await stage.bootstrap();
    const [alice, bob] = await Promise.all([stage.node("alice", true), stage.node("bob", true)]);
    const { link } = await alice.call("invite.create", {});
    const { contact } = await bob.call("contact.add", { link, wait: 15_000 });
    if (contact.pairing !== "confirmed") throw new Error(`not paired: ${contact.pairing}`);
    // The first message each way takes the ratchet's first steps.
    await alice.call("message.send", { who: "bob", text: "first", wait: "delivered" });
    await bob.call("message.send", { who: "alice", text: "first", wait: "delivered" });
    return { alice, bob, clear: () => stage.clear() };
  } catch (error) {
    await stage.clear();
    throw error;
  }
}
