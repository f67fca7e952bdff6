/** sotto verify: shows the safety number, and remembers that two people compared it. */

import { nameOf, numberLines } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { askYes } from "../runtime/prompt.ts";

interface Options {
  readonly number?: string;
  readonly undo?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<who>")
    .option("--number <digits>", "the 60 digits that the other person read to you")
    .option("--undo", "take the mark back")
    .action((who: string, options: Options) => verify(who, options, context));
};

async function verify(who: string, { number, undo }: Options, context: Context): Promise<void> {
  const { out } = context;
  if (undo) {
    const result = await context.call("contact.unverify", { who });
    out.data(`✓ ${nameOf(result.contact)} is not verified any more`, result);
    return;
  }
  if (number !== undefined) return confirm(who, number.replaceAll(/\s/g, ""), context);

  const shown = await context.call("contact.number", { who });
  const name = nameOf(shown.contact);
  out.data(numberLines(shown.number), shown);
  if (shown.contact.keyChanged)
    out.warn(`${name} shows another key than before. Until you decide, nothing is sent.`);
  out.say(
    `Call ${name}, or meet: both of you type sotto verify, and one reads the digits ` +
      "aloud.\nThe same on both sides: nobody is between you.",
  );
  if (shown.contact.verified && !shown.contact.keyChanged) return out.say(`${name} is verified.`);
  if (!context.interactive)
    // Not our own digits to paste: those would match themselves.
    return out.say(`Then: sotto verify ${name} --number "the 60 digits that they read to you"`);
  if (await askYes("Do all 60 digits match?")) await confirm(who, shown.number, context);
  else out.warn(`${name} stays unverified. If the digits differ, do not trust this contact.`);
}

async function confirm(who: string, number: string, context: Context): Promise<void> {
  const result = await context.call("contact.verify", { who, number });
  context.out.data(`✓ ${nameOf(result.contact)} is verified`, result);
}
