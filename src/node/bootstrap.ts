/** A bootstrap host: a server of both DHTs that others meet at. It carries no link and no message. */
import { generateKeyPair, generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { assemble, listen } from "./assemble.ts";
import {
  type BootstrapConfig,
  type BootstrapNode,
  defaultTuning,
  type NatState,
  type ReachState,
} from "./config.ts";
import { systemClock } from "./deadline.ts";
import { serveDialback } from "./dialback.ts";
import { serveSignal } from "./signal.ts";
import { statusOf } from "./status.ts";
import { stopWithin } from "./stop.ts";

/** See `createBootstrapNode`. */
export async function startBootstrapNode(config: BootstrapConfig): Promise<BootstrapNode> {
  const { clock = systemClock, privateKey: seed } = config;
  const assembly = {
    privateKey:
      seed === undefined
        ? await generateKeyPair("Ed25519")
        : await generateKeyPairFromSeed("Ed25519", seed),
    listen: config.listen,
    announce: config.announce,
    privateWan: config.privateWan,
    wanServer: true,
    validator: config.validator,
    clock,
    tuning: { ...defaultTuning, ...config.tuning },
  };
  const host = await assemble(assembly);
  await serveDialback(host, clock);
  await serveSignal({ host, clock, passes: () => true, take: () => undefined });
  await listen(host, assembly);
  config.log("bootstrap.listening");
  const reach: ReachState = { verdict: "unknown", addresses: [], asked: 0, seenAs: [] };
  const nat: NatState = {
    kind: "unknown",
    punches: { made: 0, failed: 0 },
    portMap: { state: "off" },
  };
  const status = () => statusOf(host, { bootstrap: [], mdns: false, reach, nat });
  let stopping: Promise<void> | undefined;
  return {
    addresses: () => {
      const { addresses, host: peer } = status();
      return addresses.map((address) => `${address}/p2p/${peer}`);
    },
    status,
    stop() {
      stopping ??= stopWithin([() => host.stop()]);
      return stopping;
    },
  };
}
