/** sotto requests: those who used a reusable invite and wait for an answer. */

import { nameOf } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  command
    .command("ls", { isDefault: true })
    .description("list them")
    .action(() => list(context));
  command
    .command("accept <who>")
    .description("let somebody in")
    .action(async (who: string) => {
      const result = await context.call("request.accept", { who });
      const name = nameOf(result.contact);
      context.out.data(`✓ ${name} accepted`, result);
      context.out.say(`Compare safety numbers when you can: sotto verify ${name}`);
    });
  command
    .command("deny <who>")
    .description("turn somebody away")
    .action(async (who: string) => {
      await context.call("request.deny", { who });
      context.out.data("✓ denied", { denied: who });
    });
};

async function list(context: Context): Promise<void> {
  const result = await context.call("request.list", {});
  const lines = result.requests.map((contact) => `${nameOf(contact)}  ${contact.account}`);
  context.out.data(lines.join("\n") || "Nobody asks.", result);
}
