/** sotto net decoys: hiding how many contacts there are. */
import type { Command } from "commander";
import { SottoError } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";

const NOTES = `
A node of the DHT sees which tags one address puts, and their number is about that of your
contacts. With N (1 to 64) tags that lead to nobody are put and looked up as those of
contacts are, until there are N tags, or 2N, 4N … where you know more people. So adding or
removing somebody does not change their number, but where it passes such a step; it never
falls again.

Each decoy costs about 20 puts and up to 60 lookups a day: some 2,000 small messages to
nodes of the DHT, about what a contact costs who stays away. It does not hide the address
that all of them come from, nor, from who watches a tag for weeks, that nobody ever
answers under it.`;

export function defineDecoys(command: Command, { call, out }: Context): void {
  command
    .command("decoys <N|off>")
    .description("put tags that lead to nobody, so that their number tells less")
    .addHelpText("after", NOTES)
    .action(async (word: string) => {
      const step = word === "off" ? 0 : Number(word);
      if (word !== "off" && !/^[1-9][0-9]?$/.test(word))
        throw new SottoError("usage", "sotto net decoys takes a number from 1 to 64, or off.");
      const result = await call("net.decoys", { step });
      out.data(
        step === 0 ? "✓ no decoys" : `✓ decoys fill up to ${step} tags, or twice that, and so on`,
        result,
      );
    });
}
