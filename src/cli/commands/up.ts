/** sotto up: runs the node in the foreground, or hands it to the background. */
import type { Command } from "commander";
import { detach } from "../process/detach.ts";
import { leave, reportUnhandledRejections } from "../process/shutdown.ts";
import type { Context, Define } from "../runtime/context.ts";
import { qrCode } from "../runtime/print.ts";
import { askText } from "../runtime/prompt.ts";
import {
  askPassphrase,
  currentPassphrase,
  givenPassphrase,
  type PassphraseOptions,
  passphraseOptions,
} from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly detach?: true;
  readonly name?: string;
  readonly listen?: string[];
  readonly announce?: string[];
  readonly proxy?: string;
  readonly proxyFile?: string;
  readonly bootstrap?: string[];
  readonly networkKey?: string;
  readonly mdns: boolean;
}

export const define: Define = (command, context) => {
  command
    .option("-d, --detach", "go to the background once the node runs")
    .option("--name <name>", "make an account of this name where there is none")
    .option(
      "--listen <address>",
      "listen here, such as /ip4/0.0.0.0/tcp/4001 (repeatable)",
      collect,
    )
    .option("--announce <address>", "tell others this address instead (repeatable)", collect)
    .option("--proxy <address>", "dial everything through socks5://127.0.0.1:9050 (Tor), say")
    .option("--proxy-file <file>", "the same, with user and password, out of a file")
    .option("--bootstrap <address>", "ask this host first, in this run (repeatable)", collect)
    .option("--network-key <file>", "be in the private network whose key this file holds")
    .option("--no-mdns", "neither look for others on the local network nor be seen there")
    .addHelpText("after", PROXY_NOTES)
    .action((options: Options) => up(options, command, context));
  passphraseOptions(command);
};

const PROXY_NOTES = `
With a proxy nothing is dialled, resolved or announced beside it: no mDNS, no hole through
a router, no port asked of the router, and nothing listened on but what --listen says. To
be dialled through Tor, let an onion service forward to this machine:
  sotto up --proxy socks5://127.0.0.1:9050 --listen /ip4/127.0.0.1/tcp/4001 --announce
        /onion3/ADDRESS:4001`;

const collect = (address: string, before: string[] = []) => [...before, address];

async function up(options: Options, command: Command, context: Context): Promise<void> {
  if (options.detach) return upDetached(options, context);
  const { out, paths, surroundings } = context;
  const { onSignals, startDaemon } = await import("../../daemon/index.ts");
  const given = givenPassphrase(options);
  const daemon = await startDaemon({
    paths,
    env: surroundings.env,
    overrides: {
      ...(options.listen === undefined ? {} : { listen: options.listen }),
      ...(options.announce === undefined ? {} : { announce: options.announce }),
      ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
      ...(options.proxyFile === undefined ? {} : { proxyFile: options.proxyFile }),
      ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
      ...(options.networkKey === undefined ? {} : { networkKey: options.networkKey }),
      // Only what was written overrides the settings file.
      ...(command.getOptionValueSource("mdns") === "cli" ? { mdns: options.mdns } : {}),
    },
    answers: {
      passphrase: async () => given ?? askPassphrase(context)?.(),
      account: async () => {
        const name =
          options.name ?? (context.interactive ? await askText("Your name?") : undefined);
        return name === undefined ? undefined : { name, protection: { kind: "key-file" } };
      },
    },
    writeLog: (line) => process.stderr.write(line),
    onDamage: (damage) => out.error(damage),
  });
  reportUnhandledRejections((line) => process.stderr.write(`${line}\n`));
  onSignals((code) => {
    context.exit(code);
    void daemon.stop();
  });
  await greet(context, daemon, daemon.fresh);
  await daemon.stopped;
  out.say("Stopped.");
  leave(context);
}

/**
 * What has to be asked is asked here, where the person is, and handed to the node in the
 * background.
 */
async function upDetached(options: Options, context: Context): Promise<void> {
  const { readProtectionOf } = await import("../../daemon/index.ts");
  const guard = await readProtectionOf(context.paths.home);
  const name =
    options.name ??
    (guard === undefined && context.interactive ? await askText("Your name?") : undefined);
  const secret = await currentPassphrase(guard, options, context);
  const repeat = (flag: string, values: readonly string[] = []) =>
    values.flatMap((value) => [flag, value]);
  const args = [
    ...repeat("--name", name === undefined ? [] : [name]),
    ...repeat("--listen", options.listen),
    ...repeat("--announce", options.announce),
    ...repeat("--proxy", options.proxy === undefined ? [] : [options.proxy]),
    ...repeat("--proxy-file", options.proxyFile === undefined ? [] : [options.proxyFile]),
    ...repeat("--bootstrap", options.bootstrap),
    ...repeat("--network-key", options.networkKey === undefined ? [] : [options.networkKey]),
    ...(options.mdns ? [] : ["--no-mdns"]),
  ];
  const started = await detach(args, secret, context);
  if ("failed" in started) context.exit(started.failed);
  else await greet(context, context, guard === undefined);
}

/** Something that answers calls: the node in this process, or the one in the background. */
type Callable = Pick<Context, "call">;

/**
 * Says that the node is ready; to a person who knows nobody yet, gives an invite to share.
 * @param fresh the account was made just now: its recovery words were not seen yet.
 */
async function greet(context: Context, node: Callable, fresh: boolean): Promise<void> {
  const { out, interactive } = context;
  const status = await node.call("node.status", {});
  if (out.flags.json) {
    out.data("", { ready: true, pid: status.pid, addresses: status.addresses });
    return;
  }
  // A node that has too many open invites runs all the same.
  const invite =
    interactive && status.contacts.total === 0
      ? await node.call("invite.create", {}).catch(() => undefined)
      : undefined;
  if (invite !== undefined) {
    const { link } = invite;
    out.say(`Ready. Share this invite (one use, 24 h):\n  ${link}\n\n${await qrCode(link)}`);
    out.say("Or add somebody who invited you: sotto add LINK");
  } else {
    const first = status.contacts.total === 0 ? " Invite somebody: sotto invite" : "";
    out.say(`Ready.${first}`);
  }
  const alone = status.net.bootstrap.length === 0 && status.net.publicDht.state === "off";
  if (alone && status.net.proxy !== undefined)
    out.say(
      "No host is known to ask first, and with a proxy that takes one: sotto net " +
        "bootstrap add ADDRESS",
    );
  else if (alone)
    out.say(
      "No host is known to ask first: others find you on this network only. With nobody " +
        "hosting anything: sotto net public on (--help says who sees what)",
    );
  if (fresh) out.say("Write down your recovery words: sotto words");
}
