/** `sotto verify`: shows the safety number, and marks a contact as verified. */
import { SottoError } from "../../base/index.ts";
import { lookAlikeNotes, nameOf, numberLines, shellWord } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { askYes } from "../runtime/prompt.ts";

interface Options {
  readonly number?: string;
  readonly undo?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<who>")
    .option("--number <digits>", "the 60 digits that the contact read to you")
    .option("--undo", "mark as not verified")
    .action((who: string, options: Options) => verify(who, options, context));
};

async function verify(who: string, { number, undo }: Options, context: Context): Promise<void> {
  const { out } = context;
  if (undo) {
    const result = await context.call("contact.unverify", { who });
    out.data(`✓ ${nameOf(result.contact)} is no longer verified`, result);
    return;
  }
  if (number !== undefined) {
    const digits = number.replaceAll(/\s/g, "");
    if (!/^\d{60}$/.test(digits))
      throw new SottoError("usage", "--number needs the 60 digits of a safety number.");
    return confirm(who, digits, context);
  }

  const shown = await context.call("contact.number", { who });
  const name = nameOf(shown.contact);
  out.data(numberLines(shown.number), shown);
  if (shown.contact.keyChanged)
    out.warn(`The account key of ${name} changed. Nothing is sent until you verify the new one.`);
  out.say(
    `Call ${name} or meet in person. Both of you run sotto verify, and one reads the digits ` +
      "aloud. If they are the same on both sides, the connection is not intercepted.",
  );
  if (shown.contact.verified && !shown.contact.keyChanged) return out.say(`${name} is verified.`);
  for (const note of lookAlikeNotes(shown.contact)) out.warn(`${name}: ${note}.`);
  if (!context.interactive)
    // Without the digits: our own would always match.
    return out.say(
      `Then: sotto verify ${shellWord(name)} --number "the 60 digits that they read to you"`,
    );
  if (await askYes("Do all 60 digits match?"))
    await confirm(shown.contact.account, shown.number, context);
  else out.warn(`${name} is not verified. If the digits differ, do not trust this contact.`);
}

async function confirm(who: string, number: string, context: Context): Promise<void> {
  const result = await context.call("contact.verify", { who, number });
  context.out.data(`✓ ${nameOf(result.contact)} is verified`, result);
}
