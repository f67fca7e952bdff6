/** `sotto net public`: uses the public IPFS DHT, and explains who sees what. */
import type { Command } from "commander";
import { joined, SottoError } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";

const NOTES = `
For each contact and each epoch of 24 h, about 20 public nodes see the IP address of this
computer next to a key that means nothing to them. Your contact searches for the same key.
The public bootstrap nodes, and the nodes asked on the way, see that your address uses the
IPFS DHT. Public nodes can count the keys of your address, and anyone who dials it finds a
Sotto node.

Both of you need to turn it on. The public DHT only finds addresses and forwards nothing:
one of you needs an address that others can reach (IPv6, a public address, or a forwarded
port). The default is off.`;

const WHO_SEES =
  "For each contact and epoch, about 20 public nodes see your IP address next to an opaque " +
  "key. The public bootstrap nodes see your IP address.";

export function definePublic(command: Command, { call, out }: Context): void {
  command
    .command("public <on|off>")
    .description(
      "let contacts find you on the public IPFS DHT, without a bootstrap node of your own",
    )
    .addHelpText("after", NOTES)
    .action(async (word: string) => {
      if (word !== "on" && word !== "off")
        throw new SottoError("usage", "The command is: sotto net public on, or off");
      const result = await call("net.public", { on: word === "on" });
      out.data(word === "on" ? "✓ public DHT on" : "✓ public DHT off", result);
      if (word === "on") out.say(joined([WHO_SEES, "Your contacts need it on as well."], "\n"));
      else out.say("What public nodes already store expires within 48 h.");
    });
}
