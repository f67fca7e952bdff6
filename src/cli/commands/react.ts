/** sotto react: an emoji on a message of either side. */
import { SottoError } from "../../base/index.ts";
import { findMessage, live, messageArgument, printChange } from "../args/message-arg.ts";
import type { Define } from "../runtime/context.ts";

interface Options {
  readonly remove?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("their newest"))
    .argument("[emoji]", "takes the place of an earlier reaction of yours")
    .option("--remove", "take your reaction back")
    .action(async (ref: string, given: string | undefined, { remove }: Options) => {
      if ((given === undefined) !== (remove === true))
        throw new SottoError("usage", "sotto react takes an emoji or --remove.");
      const { id } = await findMessage(ref, context, { direction: "in" });
      const emoji = given ?? "";
      const result = await context.call("message.react", { id, emoji, ...live });
      printChange(remove ? "reaction taken back" : `reacted ${emoji}`, result, context);
    });
};
