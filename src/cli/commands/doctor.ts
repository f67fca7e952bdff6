/**
 * `sotto doctor`: shows why the node or a contact is not connected, or why no node can be started;
 * exits with 1 if so.
 */
import { contactLines, type Line, nodeLines, printed } from "../format/doctor-report.ts";
import { nameOf } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import {
  currentPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("[who]", "a contact: search for them now, and show why they are not connected")
    .addHelpText("after", NOTES)
    .action((who: string | undefined, options: PassphraseOptions) =>
      who === undefined ? node(context, options) : contact(who, context),
    );
};

const NOTES = `
✓ works, · good to know, ✗ connections fail because of it; → is the next step. The exit
code is 1 if there is a ✗. With a contact, the node dials and asks the network as it does by
itself, for up to 45 s. The results are what this computer sees: a firewall that drops
packets looks like a computer that is off.

If no node is running, the steps of sotto up are tried with the settings file: the exit code
is 1 if a start would fail, and 3 if it would not.`;

async function node(context: Context, options: PassphraseOptions): Promise<void> {
  if ((await context.nodeIfAny()) === undefined) return start(context, options);
  const { call, out, exit: leave } = context;
  const report = await call("doctor.node", {});
  out.data(printed(nodeLines(report), out.style), report);
  if (report.findings.some(({ severity }) => severity === "error")) leave(exit.failure);
}

/** Shows whether a node could be started. */
async function start(context: Context, options: PassphraseOptions): Promise<void> {
  const { out, paths, environment } = context;
  const { diagnoseStart, readProtectionOf } = await import("../../daemon/index.ts");
  // What is wrong with the protection is among the findings.
  const protection = await readProtectionOf(paths.home).catch(() => undefined);
  const passphrase = await currentPassphrase(protection, options, context);
  const findings = await diagnoseStart({ paths, env: environment.env, passphrase });
  const fails = findings.some(({ state }) => state === "error");
  const node: Line = {
    state: "error",
    topic: "node",
    text: fails ? "not running, and cannot be started" : "not running",
    remedy: fails ? "Fix what is marked ✗ below, then start it: sotto up" : "Start it: sotto up",
  };
  out.data(printed([node, ...findings], out.style), { running: false, start: findings });
  context.exit(fails ? exit.failure : exit.notRunning);
}

async function contact(who: string, { call, out, exit: leave }: Context): Promise<void> {
  const { contact: meant } = await call("contact.show", { who });
  if (!meant.online) out.say(`Searching for ${nameOf(meant)}. This can take up to 45 s.`);
  const report = await call("doctor.contact", { who: meant.account });
  out.data(printed(contactLines(report), out.style), report);
  if (report.cause !== undefined) leave(exit.failure);
}
