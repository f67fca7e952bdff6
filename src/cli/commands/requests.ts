/** `sotto requests`: contact requests by a reusable invite that wait for your decision. */
import { listed } from "../../base/index.ts";
import { lookAlikeNotes, nameOf, profileNotes, shellWord } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allRequests } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  passphraseOptions(command.command("ls", { isDefault: true }))
    .description("list the requests")
    .addHelpText("after", STORE_NOTES)
    .action((options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => list(context, node)),
    );
  command
    .command("accept <who>")
    .description("accept a request")
    .action(async (who: string) => {
      const result = await context.call("request.accept", { who });
      const name = nameOf(result.contact);
      context.out.data(`✓ ${name} accepted`, result);
      context.out.say(`Compare safety numbers when you can: sotto verify ${shellWord(name)}`);
    });
  command
    .command("deny <who>")
    .description("deny a request")
    .action(async (who: string) => {
      await context.call("request.deny", { who });
      context.out.data("✓ denied", { denied: who });
    });
};

async function list(context: Context, node: NodeOrStore): Promise<void> {
  const requests = await allRequests(node);
  const lines = requests.map((contact) =>
    [
      `${nameOf(contact)}  ${contact.account}`,
      ...lookAlikeNotes(contact),
      ...profileNotes(contact),
    ].join("  "),
  );
  context.out.data(listed(lines, "No requests."), { requests });
  noteStore(node, context);
}
