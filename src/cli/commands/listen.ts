/** sotto listen: messages as they arrive, until ^C. */
import type { Contact, NodeEvent } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import type { Context } from "../context.ts";
import type { Define } from "../define.ts";
import { exit } from "../exit.ts";
import { contactWords, messageLines, nameOf, stateWords } from "../words.ts";

interface Options {
  readonly from?: string;
  readonly all?: true;
}

export const define: Define = (command, context) => {
  command
    .option("--from <who>", "only of this person")
    .option("--all", "every event: states, contacts, requests too")
    .action((options: Options) => listen(options, context));
};

async function listen({ from, all }: Options, context: Context): Promise<void> {
  const node = await context.node();
  const names = new Map<string, string>();
  const remember = (contact: Contact) => names.set(contact.account, nameOf(contact));
  const { contacts } = await context.call("contact.list", {});
  contacts.forEach(remember);
  // Looked up by hand first: an unknown name gets its suggestion.
  const account = from && (await context.call("contact.show", { who: from })).contact.account;
  process.once("SIGINT", () => process.exit(exit.interrupted));

  context.out.say("Listening; ^C ends it.");
  for await (const event of node.events(account ? { from: account } : {})) {
    if ("contact" in event) remember(event.contact);
    if (event.type === "stream.ended") {
      const slow = event.why === "too-slow";
      if (all) context.out.data("", event);
      throw slow
        ? new SottoError("timed-out", "This listener fell too far behind and was dropped.")
        : new SottoError("node-not-running", "The node has stopped.");
    }
    if (all || event.type === "message.new") context.out.data(describe(event, names), event);
  }
  throw new SottoError("node-not-running", "The node has gone.");
}

function describe(event: NodeEvent, names: ReadonlyMap<string, string>): string {
  switch (event.type) {
    case "message.new": {
      const name = names.get(event.message.contact) ?? event.message.contact;
      return messageLines(event.message, name, name.length);
    }
    case "message.state":
      return `→ ${names.get(event.message.contact) ?? ""}  ${stateWords(event.message.state)}`;
    case "contact.removed":
      return `${names.get(event.account) ?? event.account} removed`;
    case "invite.reused":
      return "Somebody tried an invite that was used already.";
    case "stream.ended":
      return "";
    default:
      return `${nameOf(event.contact)}  ${contactWords(event.contact)}`;
  }
}
