/** `sotto net decoys`: publishes cover records, which hide the number of contacts. */
import type { Command } from "commander";
import { SottoError } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";

const NOTES = `
A DHT peer sees which tags one IP address publishes; their number is about the number of
your contacts. With N (1 to 64) the node also publishes and looks up tags that belong to
no contact (cover records), until there are N tags, or 2N, 4N and so on if you have more
contacts. Adding or removing a contact then changes the number only at such a step, and it
never decreases.

Each cover record costs about 20 writes and up to 60 lookups a day: some 2,000 small DHT
messages, about as much as a contact who is offline. Cover records do not hide the IP
address that publishes all of them. A peer that watches a tag for weeks can see that it is
never used.`;

export function defineDecoys(command: Command, { call, out }: Context): void {
  command
    .command("decoys <N|off>")
    .description("publish cover records, so that the number of records reveals less")
    .addHelpText("after", NOTES)
    .action(async (word: string) => {
      const step = word === "off" ? 0 : Number(word);
      if (word !== "off" && !/^[1-9][0-9]?$/.test(word))
        throw new SottoError("usage", "The command is: sotto net decoys N, from 1 to 64, or off");
      const result = await call("net.decoys", { step });
      out.data(
        step === 0 ? "✓ no cover records" : `✓ cover records up to a multiple of ${step}`,
        result,
      );
    });
}
