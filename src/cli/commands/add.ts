/** sotto add: takes an invite, and waits a while for the person behind it. */
import { SottoError } from "../../base/index.ts";
import { parsePolicy } from "../args/text-arg.ts";
import { nameOf, waitCondition } from "../format/format.ts";
import { parseDurationArg } from "../format/time.ts";
import type { Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

interface Options {
  readonly as?: string;
  readonly policy?: string;
  readonly wait?: string;
}

const DEFAULT_WAIT = 20_000;

export const define: Define = (command, context) => {
  command
    .argument("<link>", "the invite, all of it")
    .option("--as <name>", "what you call them here")
    .option(
      "--policy <any|lan|hidden>",
      "whether they may see your address, from the first dial on",
    )
    .option(
      "--wait <time>",
      "how long to wait for them, such as 20s; exit code 5 if they do not come",
    )
    .action(async (link: string, options: Options) => {
      const wait = options.wait === undefined ? DEFAULT_WAIT : parseDurationArg(options.wait);
      const policy = options.policy === undefined ? undefined : parsePolicy(options.policy);
      const { as } = options;
      const added = await context.call("contact.add", { link, as, policy, wait });
      const { contact, timedOut } = added;
      const { pairing } = contact;
      if (pairing === "used" || pairing === "expired" || pairing === "denied")
        throw new SottoError(`invite-${pairing}`, refusals[pairing]);
      const name = nameOf(contact);
      context.out.data(timedOut ? `… ${name} is not to be found yet` : `✓ ${name} added`, added);
      if (timedOut) {
        context.out.say(
          contact.awaits === "proxy" || contact.awaits === "no-proxy"
            ? `They are not looked for${waitCondition(contact)}.`
            : "The node goes on looking by itself; see how it stands: sotto contacts",
        );
        if (options.wait !== undefined) context.exit(exit.timedOut);
      } else if (pairing === "handshaken") {
        context.out.say(`Messages go out as soon as ${name} confirms.`);
      }
      if (!timedOut)
        context.out.say(`Compare safety numbers when you can: sotto verify ${quoted(name)}`);
    });
};

const refusals = {
  used: "The invite was used before you.",
  expired: "The invite has expired.",
  denied: "The other person did not accept.",
} as const;

/** A name as one word of a shell. */
const quoted = (name: string) =>
  /^[\w.-]+$/u.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
