/** `sotto up`: runs the node in the foreground, or starts it in the background. */
import type { Command } from "commander";
import { joined, SottoError, safe } from "../../base/index.ts";
import { inviteQrCode } from "../format/qr-code.ts";
import { printArrivals } from "../process/arrivals.ts";
import { detach } from "../process/detach.ts";
import { leave, reportUnhandledRejections, stopOnUncaughtException } from "../process/shutdown.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exitCodeOf } from "../runtime/exit-codes.ts";
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
    .option("-d, --detach", "run in the background")
    .option("--name <name>", "create an account with this name if there is none")
    .option(
      "--listen <address>",
      "listen on this address, such as /ip4/0.0.0.0/tcp/4001 (repeatable)",
      collect,
    )
    .option("--announce <address>", "advertise this address instead (repeatable)", collect)
    .option(
      "--proxy <address>",
      "make all connections through a proxy, such as socks5://127.0.0.1:9050 (Tor)",
    )
    .option(
      "--proxy-file <file>",
      "read the proxy address from a file, with user name and password",
    )
    .option("--bootstrap <address>", "use this bootstrap node in this run (repeatable)", collect)
    .option("--network-key <file>", "join the private network with the key in this file")
    .option("--no-mdns", "do not discover or announce nodes on the local network")
    .addHelpText("after", PROXY_NOTES)
    .action((options: Options) => up(options, command, context));
  passphraseOptions(command);
};

const PROXY_NOTES = `
With a proxy the node makes no other connections and no DNS requests: no mDNS, no hole
punching, no port mapping. It listens only on the addresses given with --listen. To accept
connections through Tor, run an onion service that forwards to this computer:
  sotto up --proxy socks5://127.0.0.1:9050 --listen /ip4/127.0.0.1/tcp/4001 \\
    --announce /onion3/ADDRESS:4001`;

const collect = (address: string, before: string[] = []) => [...before, address];

async function up(options: Options, command: Command, context: Context): Promise<void> {
  if (options.detach) return upDetached(options, context);
  const { out, paths, environment } = context;
  const { onSignals, startDaemon } = await import("../../daemon/index.ts");
  const given = await givenPassphrase(options);
  const log = (line: string) => out.log(`${line}\n`);
  reportUnhandledRejections(log);
  const daemon = await startDaemon({
    paths,
    env: environment.env,
    overrides: {
      ...(options.listen === undefined ? {} : { listen: options.listen }),
      ...(options.announce === undefined ? {} : { announce: options.announce }),
      ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
      ...(options.proxyFile === undefined ? {} : { proxyFile: options.proxyFile }),
      ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
      ...(options.networkKey === undefined ? {} : { networkKey: options.networkKey }),
      // Only an option that was given overrides the settings file.
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
    writeLog: out.log,
    onDamage: (damage) => out.error(damage),
  });
  stopOnUncaughtException(log, daemon.fail);
  onSignals((code) => {
    context.exit(code);
    void daemon.stop();
  });
  await printReady(context, daemon, daemon.fresh);
  // Only for a reader: nothing about contacts may reach a file or the journal of a service.
  const isShown = process.stdout.isTTY === true && !out.flags.json && !out.flags.quiet;
  if (isShown) void printArrivals(context).catch(() => undefined);
  try {
    await daemon.stopped;
    out.say("Stopped.");
  } catch (fault) {
    if (!(fault instanceof SottoError)) throw fault;
    // Left here and not by the end of all work, which would close the server of the socket once
    // more and so remove that of another node.
    out.error(fault);
    context.exit(exitCodeOf(fault.code));
  }
  leave(context);
}

/** Starts the node in the background; asks for the passphrase and the name here. */
async function upDetached(options: Options, context: Context): Promise<void> {
  const { readProtectionOf } = await import("../../daemon/index.ts");
  const protection = await readProtectionOf(context.paths.home);
  const name =
    options.name ??
    (protection === undefined && context.interactive ? await askText("Your name?") : undefined);
  const secret = await currentPassphrase(protection, options, context);
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
  else await printReady(context, context, protection === undefined);
}

/** A node in this process or in the background. */
type Callable = Pick<Context, "call">;

/**
 * Prints that the node is ready, and for a user without contacts an invite and how to be found.
 * @param fresh the account was just created, so its recovery phrase was not shown yet.
 */
async function printReady(context: Context, node: Callable, fresh: boolean): Promise<void> {
  const { out, interactive } = context;
  const status = await node.call("node.status", {});
  if (out.flags.json) {
    out.data("", { ready: true, pid: status.pid, addresses: status.addresses });
    return;
  }
  const isNew = status.contacts.total === 0;
  // A node with too many open invites runs without a new one.
  const invite =
    interactive && isNew ? await node.call("invite.create", {}).catch(() => undefined) : undefined;
  if (invite !== undefined) {
    const code = await inviteQrCode(invite, process.stderr.rows);
    out.say(safe`Ready. Share this invite (one use, 24 h):\n  ${invite.link}\n\n${code}`);
    out.say("Or add a contact who invited you: sotto add LINK");
  } else {
    const first = isNew ? " Create an invite: sotto invite" : "";
    out.say(`Ready.${first}`);
  }
  const alone = status.net.bootstrap.length === 0 && status.net.publicDht.state === "off";
  if (alone && status.net.proxy !== undefined)
    out.say(
      "No bootstrap node configured, but required with a proxy: sotto net bootstrap add ADDRESS",
    );
  else if (alone && isNew)
    out.say(
      joined(
        [
          "No bootstrap node configured; you cannot be found outside your local network.",
          "→ sotto net bootstrap add ADDRESS, or sotto net public on (see its --help)",
        ],
        "\n",
      ),
    );
  if (fresh) out.say("Write down your recovery phrase: sotto words");
}
