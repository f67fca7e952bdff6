/** sotto invite: makes a link, which is a secret until it is used. */

import { formatDuration, formatTime, parseDurationArg } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import { qrCode } from "../runtime/print.ts";

interface Options {
  readonly reusable?: true;
  readonly expires: string;
  readonly qr?: true;
  readonly hints?: true;
  readonly bootstrap: boolean;
}

export const define: Define = (command, context) => {
  command
    .option("--once", "one person may use it (the default)")
    .option("--reusable", "anybody who has it may ask, and you accept each one")
    .option("--expires <time>", "how long it holds: 30m, 24h, 7d", "24h")
    .option("--qr", "show it as a QR code too")
    .option("--hints", "put your present addresses into it: found faster, but it tells them")
    .option(
      "--no-bootstrap",
      "do not name your bootstrap hosts in it: shorter, for one who knows them",
    )
    .action((options: Options) => create(options, context));
  command
    .command("ls")
    .description("list your invites")
    .action(() => list(context));
  command
    .command("revoke <id>")
    .description("take an invite back")
    .action(async (id: string) => {
      await context.call("invite.revoke", { id });
      context.out.data("✓ revoked", { revoked: id });
    });
};

async function create(options: Options, context: Context): Promise<void> {
  const invite = await context.call("invite.create", {
    kind: options.reusable ? "reusable" : "once",
    expiresIn: parseDurationArg(options.expires),
    hints: options.hints ?? false,
    bootstrap: options.bootstrap,
  });
  context.out.data(invite.link, invite);
  if (options.qr && !context.out.flags.json) context.out.say(await qrCode(invite.link));
  const left = formatDuration(invite.expiresAt - Date.now());
  context.out.say(
    options.reusable
      ? `For anybody who has it, ${left}; see who asks: sotto requests ls`
      : `For one person, ${left}. Whoever has it first can use it: send it privately.`,
  );
}

async function list(context: Context): Promise<void> {
  const { invites } = await context.call("invite.list", {});
  const lines = invites.map(
    ({ id, kind, state, expiresAt }) =>
      `${id}  ${kind.padEnd(8)}  ${state.padEnd(8)}  until ${formatTime(expiresAt)}`,
  );
  context.out.data(lines.join("\n") || "No invites. Make one: sotto invite", { invites });
}
