/** `sotto token`: credentials with which programs may do less than you. */
import { Option } from "commander";
import type { Token } from "../../api/index.ts";
import { displayLine, joined, listed, safe } from "../../base/index.ts";
import { confirmed, type YesOption, yesOption } from "../args/confirm.ts";
import { formatTime } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allContacts } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface CreateOptions {
  readonly scope: Token["scope"];
  readonly for: Token["for"];
  readonly peer?: readonly string[];
}

const scopes: readonly Token["scope"][] = ["post", "read", "send", "manage"];
const kinds: readonly Token["for"][] = ["socket", "http", "hook", "xmpp"];

export const define: Define = (command, context) => {
  command
    .command("create <name>")
    .description("create a token and print its secret, which is shown only once")
    .addOption(new Option("--scope <scope>", "what it allows").choices(scopes).default("send"))
    .addOption(
      new Option("--for <kind>", "which endpoint accepts it").choices(kinds).default("socket"),
    )
    .option("--peer <who...>", "limit it to these contacts")
    .action((name: string, options: CreateOptions) => create(name, options, context));
  passphraseOptions(command.command("ls", { isDefault: true }))
    .description("list tokens")
    .addHelpText("after", STORE_NOTES)
    .action((options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => list(context, node)),
    );
  passphraseOptions(command.command("revoke <name>"))
    .description("revoke a token and close its connections")
    .option(...yesOption)
    .action((name: string, options: YesOption & PassphraseOptions) =>
      revoke(name, options, context),
    );
};

async function create(name: string, options: CreateOptions, context: Context): Promise<void> {
  const { scope, for: kind, peer: peers } = options;
  const created = await context.call("token.create", {
    ...{ name, scope, for: kind },
    ...(peers && { peers }),
  });
  context.out.say(
    "This secret is shown only once. Anyone who has it can do what the token allows.",
  );
  context.out.data(created.secret, created);
}

async function list(context: Context, node: NodeOrStore): Promise<void> {
  const { tokens } = await node.call("token.list", {});
  const contacts = await allContacts(node);
  const names = new Map<string, string>(contacts.map(({ account, name }) => [account, name]));
  const lines = tokens.map(({ name, scope, for: kind, peers, usedOn }) => {
    const only = peers?.map((account) => displayLine(names.get(account) ?? account)) ?? [];
    const limit = only.length === 0 ? "" : safe`  only ${joined(only, ", ")}`;
    const used = usedOn === undefined ? "never used" : `used ${formatTime(usedOn).slice(0, 10)}`;
    return safe`${name.padEnd(16)}  ${scope.padEnd(6)}  ${kind.padEnd(6)}  ${used}${limit}`;
  });
  context.out.data(listed(lines, "No tokens. Create one: sotto token create NAME"), { tokens });
  noteStore(node, context);
}

async function revoke(
  name: string,
  options: YesOption & PassphraseOptions,
  context: Context,
): Promise<void> {
  const loss = `Programs that use the token ${displayLine(name)} lose their access.`;
  if (!(await confirmed(loss, options, context))) return;
  await withNodeOrStore(context, options, (node) => node.call("token.revoke", { name }));
  context.out.data("✓ revoked", { revoked: name });
}
