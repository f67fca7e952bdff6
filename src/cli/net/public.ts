/** sotto net public: being found with nobody hosting anything, and what that shows to whom. */
import type { Command } from "commander";
import { SottoError } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";

const NOTES = `
For each contact and each epoch of 24 h, about 20 strangers' nodes see the address of this
machine beside a key that tells them nothing, and your contact looks for you there under
the same key. The public bootstrap hosts, and the nodes that are asked on the way, see
that your address uses the IPFS DHT.

Both of you need it on. It finds; it passes nothing on: one of you must have an address
that others reach (IPv6, a public address, a forwarded port). Strangers can count how many
keys come from your address, and whoever dials it finds a node of Sotto. Off is the
default.`;

export const WHO_SEES =
  "About 20 strangers for each contact and epoch see your address beside an opaque key; " +
  "the public bootstrap hosts see your address.";

export function definePublic(command: Command, { call, out }: Context): void {
  command
    .command("public <on|off>")
    .description("let contacts find you on the public IPFS DHT, with nobody hosting anything")
    .addHelpText("after", NOTES)
    .action(async (word: string) => {
      if (word !== "on" && word !== "off")
        throw new SottoError("usage", "sotto net public takes on or off.");
      const result = await call("net.public", { on: word === "on" });
      out.data(word === "on" ? "✓ public DHT on" : "✓ public DHT off", result);
      if (word === "on") out.say(`${WHO_SEES}\nYour contacts need it on as well.`);
      else out.say("What strangers keep already is forgotten within 48 h.");
    });
}
