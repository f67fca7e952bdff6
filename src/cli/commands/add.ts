/** `sotto add`: adds the contact who made an invite, and waits a while for the connection. */
import { SottoError } from "../../base/index.ts";
import { endingInvites, type InviteOptions, keepInvitesOption } from "../args/keep-invites.ts";
import { parsePolicy, pastedText } from "../args/text-arg.ts";
import { lookAlikeNotes, nameOf, shellWord, waitCondition } from "../format/format.ts";
import { parseDurationArg } from "../format/time.ts";
import type { Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

interface Options extends InviteOptions {
  readonly as?: string;
  readonly policy?: string;
  readonly wait?: string;
}

const DEFAULT_WAIT = 20_000;

export const define: Define = (command, context) => {
  command
    .argument("<link...>", "the invite link or a text that contains it, or - for standard input")
    .option("--as <name>", "your name for the contact")
    .option(
      "--policy <any|lan|hidden>",
      "whether they can see your IP address, from the first connection on",
    )
    .option(
      "--wait <time>",
      "how long to wait for the connection, such as 20s; exit code 5 if it times out",
    )
    .option(...keepInvitesOption)
    .action(async (words: string[], options: Options) => {
      const wait =
        options.wait === undefined ? DEFAULT_WAIT : parseDurationArg(options.wait, "usage");
      const policy = options.policy === undefined ? undefined : parsePolicy(options.policy);
      const { as } = options;
      const link = await pastedText(words);
      // Invites by which they came before are asked about below, once they are known.
      const added = await context.call("contact.add", {
        link,
        as,
        policy,
        wait,
        keepInvites: true,
      });
      const { contact, timedOut } = added;
      const { pairing } = contact;
      if (pairing === "used" || pairing === "expired" || pairing === "denied")
        throw new SottoError(`invite-${pairing}`, refusals[pairing]);
      const name = nameOf(contact);
      context.out.data(timedOut ? `… ${name} not found yet` : `✓ ${name} added`, added);
      if (timedOut) {
        context.out.say(
          contact.awaits === "proxy" || contact.awaits === "no-proxy"
            ? `The node does not search for them${waitCondition(contact)}.`
            : "The node keeps searching. See the state: sotto contacts",
        );
        if ((contact.inviteExpiresAt ?? Number.POSITIVE_INFINITY) < Date.now())
          context.out.say(
            "By the clock of this computer the invite has expired. Check the clock; if it is " +
              "right, ask for a new invite.",
          );
        if (options.wait !== undefined) context.exit(exit.timedOut);
      } else if (pairing === "handshaken") {
        context.out.say(`Messages are sent as soon as ${name} confirms.`);
      }
      for (const note of lookAlikeNotes(contact)) context.out.warn(`${name}: ${note}.`);
      if (policy === "lan" || policy === "hidden")
        await endingInvites(context, contact.account, options, async (who, keepInvites, open) => {
          if (keepInvites || open === 0) return;
          await context.call("contact.policy", { who, policy, keepInvites });
        });
      if (!timedOut)
        context.out.say(`Compare safety numbers when you can: sotto verify ${shellWord(name)}`);
    });
};

const refusals = {
  used: "The invite was already used.",
  expired: "The invite has expired.",
  denied: "They denied your request.",
} as const;
