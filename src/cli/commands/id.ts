/** `sotto id`: shows the account id, which is not a secret. */

import { qrCode } from "../format/qr-code.ts";
import type { Define } from "../runtime/context.ts";
import { STORE_NOTES, withNodeOrStore } from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly qr?: true;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .option("--qr", "also show the account id as a QR code")
    .addHelpText("after", STORE_NOTES)
    .action(async (options: Options) => {
      const self = await withNodeOrStore(context, options, ({ call }) => call("account.show", {}));
      context.out.data(`${self.account}  ${self.name}`, self);
      if (options.qr) context.out.say(await qrCode(self.account));
    });
};
