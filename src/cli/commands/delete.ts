/** `sotto delete`: deletes a message for both sides, or on this node only. */
import {
  conversationOf,
  findMessage,
  live,
  messageArgument,
  printChange,
} from "../args/message-arg.ts";
import { resultWithName } from "../format/with-names.ts";
import type { Define } from "../runtime/context.ts";

interface Options {
  readonly forMe?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("your newest (with --for-me: the newest)"))
    .option("--for-me", "delete it on this node only, yours or theirs")
    .addHelpText("after", NOTES)
    .action(async (ref: string, { forMe }: Options) => {
      const message = await findMessage(ref, context, forMe ? {} : { direction: "out" });
      const { id, ref: who } = message;
      const result = await context.call("message.delete", { id, who, forMe, ...live });
      if (forMe) {
        const conversation = await conversationOf(message, context);
        context.out.data("✓ deleted here only", resultWithName(result, conversation));
      } else await printChange("deleted for both", message, result, context);
    });
};

const NOTES = `
The other side deletes it when it receives the change. It may have been read before.`;
