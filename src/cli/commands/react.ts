/** `sotto react`: reacts to a message of either side with an emoji. */
import { SottoError } from "../../base/index.ts";
import { findMessage, live, messageArgument, printChange } from "../args/message-arg.ts";
import type { Define } from "../runtime/context.ts";

interface Options {
  readonly remove?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("their newest"))
    .argument("[emoji]", "the reaction; replaces an earlier one of yours")
    .option("--remove", "remove your reaction")
    .action(async (ref: string, given: string | undefined, { remove }: Options) => {
      if ((given === undefined || given.trim() === "") !== (remove === true))
        throw new SottoError("usage", "Give an emoji, or --remove.");
      const message = await findMessage(ref, context, { direction: "in" });
      const { id, ref: who } = message;
      const emoji = remove ? "" : (given ?? "");
      const result = await context.call("message.react", { id, who, emoji, ...live });
      await printChange(remove ? "reaction removed" : `reacted ${emoji}`, message, result, context);
    });
};
