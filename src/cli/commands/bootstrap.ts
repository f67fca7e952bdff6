/** `sotto bootstrap`: runs a bootstrap node, which has no account and no messages. */

import { listed, type SottoError } from "../../base/index.ts";
import { leave, reportUnhandledRejections, stopOnUncaughtException } from "../process/shutdown.ts";
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
      "listen on this address; default /ip4/0.0.0.0/tcp/4001 (repeatable)",
      collect,
    )
    .option(
      "--announce <address>",
      "advertise this address, for a node behind a router (repeatable)",
      collect,
    )
    .option(
      "--bootstrap <address>",
      "join the network of this bootstrap node (repeatable)",
      collect,
    )
    .option("--private-net", "serve a network without internet access: keep private addresses")
    .option("--network-key <file>", "serve the private network with the key in this file")
    .option("--metrics <ip:port>", "serve metrics and health over HTTP, such as on 127.0.0.1:9464")
    .option("--metrics-public", "allow access to the metrics from other computers")
    .action((options: Options) => host(options, context));
};

const collect = (address: string, before: string[] = []) => [...before, address];

async function host(options: Options, context: Context): Promise<void> {
  const { out, paths, environment } = context;
  const { onSignals, startBootstrap } = await import("../../daemon/index.ts");
  const log = (line: string) => out.log(`${line}\n`);
  reportUnhandledRejections(log);
  let fail: (fault: SottoError) => void = () => undefined;
  const node = await startBootstrap({
    home: `${paths.home}/bootstrap`,
    env: environment.env,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
    ...(options.networkKey === undefined ? {} : { networkKey: options.networkKey }),
    announce: options.announce ?? [],
    privateWan: options.privateNet ?? false,
    ...(options.metrics === undefined
      ? {}
      : { metrics: { at: options.metrics, anywhere: options.metricsPublic ?? false } }),
    writeLog: out.log,
    onFault: (fault) => fail(fault),
  });
  const stopped = new Promise<void>((resolve, reject) => {
    fail = (fault) => void node.stop().finally(() => reject(fault));
    onSignals((code) => {
      context.exit(code);
      node.stop().then(resolve, reject);
    });
  });
  stopOnUncaughtException(log, (fault) => fail(fault));
  const addresses = node.addresses();
  const { metrics } = node;
  out.data(listed(addresses, "no address"), {
    addresses,
    ...(metrics === undefined ? {} : { metrics }),
  });
  if (metrics !== undefined) out.say(`Metrics: ${metrics}/metrics, health: ${metrics}/healthz`);
  out.say("To use it: sotto up --bootstrap ADDRESS (one of the lines above). Stop it with ^C.");
  await stopped;
  leave(context);
}
