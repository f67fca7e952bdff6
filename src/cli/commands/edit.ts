/** `sotto edit`: replaces the text of a sent message. */

import { findMessage, live, messageArgument, printChange } from "../args/message-arg.ts";
import { textOf } from "../args/text-arg.ts";
import type { Define } from "../runtime/context.ts";
import { optionInText } from "../runtime/literal-text.ts";

export const define: Define = (command, context) => {
  command
    .argument("<message>", messageArgument("your newest"))
    .argument("<text...>", "the new text as it is, or - to read it from standard input")
    .action(async (ref: string, words: string[]) => {
      const text = await textOf(words);
      const message = await findMessage(ref, context, { direction: "out" });
      const { id, ref: who } = message;
      const result = await context.call("message.edit", { id, who, text, ...live });
      await printChange("edited", message, result, context);
      const note = optionInText(words, command.options);
      if (note !== undefined) context.out.warn(note);
    });
};
