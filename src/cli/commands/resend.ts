/** `sotto resend`: sends a message again that could not be delivered in time. */
import { findMessage, messageArgument, printResult } from "../args/message-arg.ts";
import type { Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("your newest"))
    .addHelpText("after", NOTES)
    .action(async (ref: string) => {
      const { id, ref: who } = await findMessage(ref, context, { direction: "out" });
      const result = await context.call("message.resend", { id, who });
      await printResult("✓", "queued again", result, context);
    });
};

const NOTES = `
For a message that is shown as failed: it was not delivered in 30 days. It waits for the contact
again, with the same id: if it did arrive after all, it is not shown twice.`;
