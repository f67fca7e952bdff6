/** `sotto cancel`: takes back a message that never left this node. */
import { findMessage, messageArgument, printResult } from "../args/message-arg.ts";
import type { Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("your newest"))
    .addHelpText("after", NOTES)
    .action(async (ref: string) => {
      const { id, ref: who } = await findMessage(ref, context, { direction: "out" });
      const result = await context.call("message.cancel", { id, who });
      await printResult("✓", "cancelled, and never sent", result, context);
    });
};

const NOTES = `
Works as long as the message was not sent, also if you blocked the contact. The text stays in the
conversation, marked as cancelled; sotto delete removes it as well.`;
