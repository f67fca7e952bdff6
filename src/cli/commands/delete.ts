/** sotto delete: a message taken back for both, or removed here alone. */
import { findMessage, live, messageArgument, printChange } from "../args/message-arg.ts";
import type { Define } from "../runtime/context.ts";

interface Options {
  readonly forMe?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("your newest (with --for-me: the newest)"))
    .option("--for-me", "remove it here alone, whoever wrote it")
    .addHelpText("after", HONEST)
    .action(async (ref: string, { forMe }: Options) => {
      const { id } = await findMessage(ref, context, forMe ? {} : { direction: "out" });
      const result = await context.call("message.delete", { id, forMe, ...live });
      if (forMe) context.out.data("✓ removed here; the other side keeps theirs", result);
      else printChange("deleted for both", result, context);
    });
};

const HONEST = `
The other side's Sotto deletes it too, once it hears of it. It cannot unread what was read.`;
