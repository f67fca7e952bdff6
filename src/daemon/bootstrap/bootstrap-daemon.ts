/** A bootstrap node: a key and settings on disk; no account, no messages. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, SottoError } from "../../base/index.ts";
import { type CryptoProvider, nodeCrypto } from "../../crypto/index.ts";
import { RecordValidator } from "../../dht/index.ts";
import { createBootstrapNode } from "../../node/index.ts";
import { acquireLock, createAtomically, lockHolder, removeDraftsOf } from "../../store/index.ts";
import { makeHome } from "../home/home.ts";
import { watchHome } from "../home/watch-home.ts";
import { createCleanup } from "../process/cleanup.ts";
import { createLog } from "../process/log.ts";
import { systemClock } from "../process/system-clock.ts";
import { readConfig } from "../settings/config.ts";
import { readNetworkKey } from "../settings/network-key.ts";
import { type MetricsWish, metricsPlace, serveMetrics } from "./metrics-server.ts";

export interface BootstrapOptions {
  /** Its own directory, not the home of an account. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Multiaddr texts; the settings' otherwise, or port 4001 on every interface. */
  readonly listen?: readonly string[];
  /** Multiaddr texts with /p2p of other bootstrap nodes, in addition to those of the settings. */
  readonly bootstrap?: readonly string[];
  /** Path of the file of a private mesh's key; the settings' otherwise. */
  readonly networkKey?: string;
  /** Multiaddr texts to advertise. */
  readonly announce: readonly string[];
  readonly privateWan: boolean;
  /** Where the figures are asked for, as an IP address and a port; nowhere where absent. */
  readonly metrics?: MetricsWish;
  readonly writeLog: (line: string) => void;
  /**
   * Called once if the node has to stop, with `home-lost` if its directory was deleted, moved or
   * replaced.
   */
  readonly onFault: (fault: SottoError) => void;
}

export interface BootstrapHost {
  /** Multiaddr texts with /p2p, as others write them into their settings. */
  addresses(): readonly string[];
  /** Hosts connected now. */
  peers(): number;
  /** Where the figures are asked for. */
  readonly metrics?: string;
  stop(): Promise<void>;
}

const KEY_FILE = "bootstrap.key";
const SEED_BYTES = 32;
/** A port that people can write down and open in a firewall. */
const DEFAULT_LISTEN = ["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"];

/**
 * Throws `bootstrap-already-running`, `address-invalid`, `port-in-use`, `listen-failed`,
 * `store-key-missing`, and for the figures `metrics-invalid`, `metrics-public`.
 */
export async function startBootstrap(options: BootstrapOptions): Promise<BootstrapHost> {
  const { home, env, announce, listen } = options;
  const crypto = nodeCrypto();
  const cleanup = createCleanup();
  try {
    const place = options.metrics && metricsPlace(options.metrics);
    const config = await readConfig(
      join(home, "config.json"),
      env,
      {
        ...(listen === undefined ? {} : { listen }),
        ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
        ...(options.networkKey === undefined ? {} : { networkKey: options.networkKey }),
      },
      DEFAULT_LISTEN,
    );
    const log = createLog(config.log, systemClock, options.writeLog);
    await makeHome(home);
    const lock = await acquireLock(home).catch(async (error: unknown) => {
      if (!hasCode(error, "node-already-running")) throw error;
      const pid = (await lockHolder(home)) ?? "that is starting or stopping";
      const why = `A bootstrap node already runs in ${home}: process ${pid}.`;
      throw new SottoError("bootstrap-already-running", why);
    });
    cleanup.take(() => lock.release());
    const { networkKey } = config;
    const network = networkKey && (await readNetworkKey(networkKey, crypto));
    const node = await createBootstrapNode({
      ...(network && { network }),
      listen: config.listen,
      bootstrap: config.bootstrap,
      announce,
      privateWan: options.privateWan || config.privateWan,
      validator: new RecordValidator(crypto.verify, systemClock.now),
      privateKey: await seedOf(home, crypto),
      log,
      clock: systemClock,
    });
    cleanup.take(() => node.stop());
    cleanup.take(watchHome({ lock, clock: systemClock, log, lost: options.onFault }));
    const metrics =
      place && (await serveMetrics({ place, clock: systemClock, figures: node.metrics }));
    if (metrics !== undefined) cleanup.take(() => metrics.stop());
    return {
      ...(metrics === undefined ? {} : { metrics: metrics.url }),
      addresses: () => node.addresses(),
      peers: () => node.status().peers,
      stop: () => cleanup.all(),
    };
  } catch (error) {
    await cleanup.all().catch(() => undefined);
    throw error;
  }
}

/**
 * The seed of the PeerId (32 bytes), kept so that the address stays the same after a restart: the
 * one in the file, or a new one. Requires the home's lock. Throws `store-key-missing`,
 * `file-write-failed`, `store-write-failed`, `disk-full`.
 */
export async function seedOf(home: string, crypto: CryptoProvider): Promise<Uint8Array> {
  const path = join(home, KEY_FILE);
  await removeDraftsOf(path, crypto.random);
  const found = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new SottoError("store-key-missing", `${path} cannot be read.`, { cause: error });
  });
  if (found !== undefined) {
    if (found.length === SEED_BYTES) return Uint8Array.from(found);
    throw new SottoError("store-key-missing", `${path} is not a key of ${SEED_BYTES} bytes.`);
  }
  const seed = crypto.random(SEED_BYTES);
  await createAtomically(path, seed, crypto.random).catch((cause: unknown) => {
    throw new SottoError("file-write-failed", `${path} cannot be written.`, { cause });
  });
  return seed;
}
