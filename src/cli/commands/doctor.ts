/**
 * sotto doctor: what keeps this node, or somebody and us, from meeting; 1 where something is wrong.
 */

import { contactLines } from "../doctor/contact.ts";
import { printed } from "../doctor/lines.ts";
import { nodeLines } from "../doctor/node.ts";
import { nameOf } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

export const define: Define = (command, context) => {
  command
    .argument("[who]", "of this person: look for them now, and say what was met on the way")
    .addHelpText("after", NOTES)
    .action((who: string | undefined) =>
      who === undefined ? node(context) : contact(who, context),
    );
};

const NOTES = `
✓ is well, · is good to know, ✗ is why links fail; → is the next thing to do. The exit
code is 1 where there is a ✗. A look for somebody dials and asks the network, as the node
does by itself, and takes up to 45 s. Why nobody answers at an address is what this
machine saw of it: a wall in between looks like a machine that is off.`;

async function node({ call, out, exit: leave }: Context): Promise<void> {
  const report = await call("doctor.node", {});
  out.data(printed(nodeLines(report), out.style), report);
  if (report.findings.some(({ wrong }) => wrong)) leave(exit.failure);
}

async function contact(who: string, { call, out, exit: leave }: Context): Promise<void> {
  const { contact: meant } = await call("contact.show", { who });
  if (!meant.online) out.say(`Looking for ${nameOf(meant)}; this may take a while.`);
  const report = await call("doctor.contact", { who: meant.account });
  out.data(printed(contactLines(report), out.style), report);
  if (report.cause !== undefined) leave(exit.failure);
}
