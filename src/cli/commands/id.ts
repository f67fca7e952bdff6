/** `sotto id`: shows the account id, which is not a secret. */
import type { Define } from "../runtime/context.ts";
import { qrCode } from "../runtime/print.ts";

export const define: Define = (command, context) => {
  command.option("--qr", "also show the account id as a QR code").action(async (options) => {
    const { qr } = options as { qr?: true };
    const self = await context.call("account.show", {});
    context.out.data(`${self.account}  ${self.name}`, self);
    if (qr) context.out.say(await qrCode(self.account));
  });
};
