/** `sotto requests`: contact requests by a reusable invite that wait for your decision. */
import { listed } from "../../base/index.ts";
import { lookAlikeNotes, nameOf, profileNotes, shellWord } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allRequests } from "../runtime/lists.ts";

export const define: Define = (command, context) => {
  command
    .command("ls", { isDefault: true })
    .description("list the requests")
    .action(() => list(context));
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

async function list(context: Context): Promise<void> {
  const requests = await allRequests(context);
  const lines = requests.map((contact) =>
    [
      `${nameOf(contact)}  ${contact.account}`,
      ...lookAlikeNotes(contact),
      ...profileNotes(contact),
    ].join("  "),
  );
  context.out.data(listed(lines, "No requests."), { requests });
}
