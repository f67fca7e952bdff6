/** sotto followers: the names under which programs listen. */
import type { Follower } from "../../api/index.ts";
import { displayLine } from "../../base/index.ts";
import type { Context, Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  command
    .command("ls", { isDefault: true })
    .description("list them")
    .action(() => list(context));
  command
    .command("rm <name>")
    .description("keep nothing for this one any more")
    .action(async (name: string) => {
      await context.call("event.unfollow", { name });
      context.out.data("✓ removed", { removed: name });
    });
};

async function list(context: Context): Promise<void> {
  const result = await context.call("event.followers", {});
  const { contacts } = await context.call("contact.list", {});
  const names = new Map(contacts.map(({ account, name }) => [account, name]));
  const width = Math.max(0, ...result.followers.map(({ name }) => displayLine(name).length));
  const line = ({ name, behind, types, from }: Follower) =>
    [
      displayLine(name).padEnd(width),
      behind === 0 ? "has everything" : `${behind} behind`,
      ...(types === undefined ? [] : [`only ${types.join(", ")}`]),
      ...(from === undefined ? [] : [`of ${displayLine(names.get(from) ?? from)}`]),
    ].join("  ");
  const none = "Nobody follows, so no event is kept. Follow: sotto listen --as NAME";
  context.out.data(result.followers.map(line).join("\n") || none, result);
}
