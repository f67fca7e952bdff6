/** sotto bootstrap: hosts a node that others find each other through. No account, no messages. */

import { leave, reportUnhandledRejections } from "../process/shutdown.ts";
import type { Context, Define } from "../runtime/context.ts";

interface Options {
  readonly listen?: string[];
  readonly announce?: string[];
  readonly bootstrap?: string[];
  readonly privateNet?: true;
  readonly networkKey?: string;
  readonly metrics?: string;
  readonly metricsPublic?: true;
}

export const define: Define = (command, context) => {
  command
    .option(
      "--listen <address>",
      "listen here, /ip4/0.0.0.0/tcp/4001 if not told (repeatable)",
      collect,
    )
    .option(
      "--announce <address>",
      "tell others this address, behind a router (repeatable)",
      collect,
    )
    .option("--bootstrap <address>", "serve one mesh together with this host (repeatable)", collect)
    .option("--private-net", "serve a network without the internet: keep private addresses")
    .option("--network-key <file>", "serve the private network whose key this file holds")
    .option("--metrics <place>", "show figures and health over HTTP, at 127.0.0.1:9464 say")
    .option("--metrics-public", "let others than this machine ask for the figures")
    .action((options: Options) => host(options, context));
};

const collect = (address: string, before: string[] = []) => [...before, address];

async function host(options: Options, context: Context): Promise<void> {
  const { out, paths, surroundings } = context;
  const { onSignals, startBootstrap } = await import("../../daemon/index.ts");
  const node = await startBootstrap({
    home: `${paths.home}/bootstrap`,
    env: surroundings.env,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
    ...(options.networkKey === undefined ? {} : { networkKey: options.networkKey }),
    announce: options.announce ?? [],
    privateWan: options.privateNet ?? false,
    ...(options.metrics === undefined
      ? {}
      : { metrics: { at: options.metrics, anywhere: options.metricsPublic ?? false } }),
    writeLog: (line) => process.stderr.write(line),
  });
  reportUnhandledRejections((line) => process.stderr.write(`${line}\n`));
  const ended = new Promise<void>((resolve, reject) => {
    onSignals((code) => {
      context.exit(code);
      node.stop().then(resolve, reject);
    });
  });
  const addresses = node.addresses();
  const { metrics } = node;
  out.data(addresses.join("\n"), { addresses, ...(metrics === undefined ? {} : { metrics }) });
  if (metrics !== undefined) out.say(`Figures: ${metrics}/metrics, health: ${metrics}/healthz`);
  out.say("Others use it with: sotto up --bootstrap ADDRESS (one line from above). ^C ends it.");
  await ended;
  leave(context);
}
