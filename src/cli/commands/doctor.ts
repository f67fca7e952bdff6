/** `sotto doctor`: shows why the node or a contact is not connected; exits with 1 if so. */
import { contactLines, nodeLines, printed } from "../format/doctor-report.ts";
import { nameOf } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

export const define: Define = (command, context) => {
  command
    .argument("[who]", "a contact: search for them now, and show why they are not connected")
    .addHelpText("after", NOTES)
    .action((who: string | undefined) =>
      who === undefined ? node(context) : contact(who, context),
    );
};

const NOTES = `
✓ works, · good to know, ✗ connections fail because of it; → is the next step. The exit
code is 1 if there is a ✗. With a contact, the node dials and asks the network as it does by
itself, for up to 45 s. The results are what this computer sees: a firewall that drops
packets looks like a computer that is off.`;

async function node({ call, out, exit: leave }: Context): Promise<void> {
  const report = await call("doctor.node", {});
  out.data(printed(nodeLines(report), out.style), report);
  if (report.findings.some(({ severity }) => severity === "error")) leave(exit.failure);
}

async function contact(who: string, { call, out, exit: leave }: Context): Promise<void> {
  const { contact: meant } = await call("contact.show", { who });
  if (!meant.online) out.say(`Searching for ${nameOf(meant)}. This can take up to 45 s.`);
  const report = await call("doctor.contact", { who: meant.account });
  out.data(printed(contactLines(report), out.style), report);
  if (report.cause !== undefined) leave(exit.failure);
}
