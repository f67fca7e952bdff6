/** `sotto invite`: creates an invite link, which is a secret until it is used. */
import { displayLine, limits, listed, SottoError } from "../../base/index.ts";
import { inviteQrCode } from "../format/qr-code.ts";
import { formatDuration, formatTime, parseDurationArg } from "../format/time.ts";
import { inviteWithNames, namesOf } from "../format/with-names.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allContacts, allInvites } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface Options {
  readonly reusable?: true;
  readonly expires: string;
  readonly qr?: true;
  readonly hints?: true;
  readonly bootstrap: boolean;
}

export const define: Define = (command, context) => {
  command
    .option("--once", "can be used once (the default)")
    .option("--reusable", "can be used repeatedly; you accept or deny each request")
    .option("--expires <time>", "how long it is valid, such as 30m, 24h or 7d", "24h")
    .option("--qr", "also show it as a QR code")
    .option("--hints", "include your current addresses: connects faster, but the link reveals them")
    .option(
      "--no-bootstrap",
      "do not include your bootstrap nodes: a shorter link, if they are already configured",
    )
    .action((options: Options) => create(options, context));
  passphraseOptions(command.command("ls"))
    .description("list your invites")
    .addHelpText("after", STORE_NOTES)
    .action((options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => list(context, node)),
    );
  command
    .command("revoke <id>")
    .description("revoke an invite, by its id or the start of it")
    .action(async (start: string) => {
      const id = await invitedId(start, context);
      await context.call("invite.revoke", { id });
      context.out.data("✓ revoked", { revoked: id });
    });
};

async function create(options: Options, context: Context): Promise<void> {
  const invite = await context.call("invite.create", {
    kind: options.reusable ? "reusable" : "once",
    expiresIn: expiryOf(options.expires),
    hints: options.hints ?? false,
    bootstrap: options.bootstrap,
  });
  context.out.data(invite.link, invite);
  if (options.qr && !context.out.flags.json)
    context.out.say(await inviteQrCode(invite, process.stderr.rows));
  const left = formatDuration(invite.expiresAt - Date.now());
  context.out.say(
    options.reusable
      ? `Valid for ${left}. Anyone who has it can ask to be added; see: sotto requests ls`
      : `Valid for ${left}, one use. Anyone who gets the link can use it: send it privately.`,
  );
}

/** ms that an invite is valid. Throws `expiry-invalid`. */
function expiryOf(text: string): number {
  const ms = parseDurationArg(text, "expiry-invalid");
  if (ms >= MINUTE && ms <= limits.inviteExpiryMax) return ms;
  throw new SottoError("expiry-invalid", `An invite cannot be valid for ${formatDuration(ms)}.`);
}

const MINUTE = 60_000;

/** The id of the only invite that starts so; what was typed if there is none. Throws `usage`. */
async function invitedId(start: string, context: Context): Promise<string> {
  const invites = await allInvites(context);
  const typed = start.toLowerCase();
  const found = invites.filter(({ id }) => typed !== "" && id.startsWith(typed));
  if (found.length > 1)
    throw new SottoError("usage", "Several invites start so. Type more of the id.");
  return found[0]?.id ?? start;
}

async function list(context: Context, node: NodeOrStore): Promise<void> {
  const invites = await allInvites(node);
  const contacts = await allContacts(node);
  const names = namesOf(contacts);
  const lines = invites.map(({ id, kind, state, expiresAt, uses, usedBy }) => {
    const known = usedBy.map((account) => displayLine(names.get(account) ?? account));
    const more = uses > usedBy.length ? [`${uses - usedBy.length} more`] : [];
    const by = uses === 0 ? "" : `  by ${[...known, ...more].join(", ")}`;
    return `${id}  ${kind.padEnd(8)}  ${state.padEnd(8)}  until ${formatTime(expiresAt)}${by}`;
  });
  context.out.data(listed(lines, "No invites. Create one: sotto invite"), {
    invites: invites.map((invite) => inviteWithNames(invite, names)),
  });
  noteStore(node, context);
}
