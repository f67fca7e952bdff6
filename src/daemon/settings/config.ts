/** The settings of a run: read once, checked, frozen, and passed on as arguments. */
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { type AccountId, accountId, parseDuration, SottoError } from "../../base/index.ts";
import type { ProxyAddress } from "../../node/index.ts";
import { type LogLevel, logLevels } from "../process/log.ts";
import { everywhere, type GivenProxy, readProxy } from "./proxy-setting.ts";
import { defaults } from "./schema.ts";
import { readSettings, writeSettings } from "./settings-file.ts";
import { announceAddress, bootstrapAddress, listenAddress } from "./validators.ts";

export interface Config {
  /** Multiaddr texts to listen on. */
  readonly listen: readonly string[];
  /** Multiaddr texts to advertise instead of those we listen on. */
  readonly announce: readonly string[];
  /** The proxy for all connections. */
  readonly proxy: ProxyAddress | undefined;
  /** Multiaddr texts of bootstrap nodes, each with /p2p. */
  readonly bootstrap: readonly string[];
  /** Those of them that came from invites. */
  readonly bootstrapInvited: readonly string[];
  /** Whether bootstrap nodes are shared with contacts, and theirs used. */
  readonly shareBootstrap: boolean;
  /** Whether to use mDNS on the local network. */
  readonly mdns: boolean;
  /** Whether to ask the router to open a port. */
  readonly portMapping: boolean;
  /** Whether read receipts are on for contacts without a setting of their own. */
  readonly receipts: boolean;
  /** Whether the node starts invisible (`sotto net invisible`). */
  readonly invisible: boolean;
  /** Whether the time of each contact's last connection is kept. */
  readonly lastSeen: boolean;
  /** Cover records fill up to a multiple of this number of tags; 0: none (`sotto net decoys`). */
  readonly decoys: number;
  /** Whether the public IPFS DHT is used (`sotto net public`). */
  readonly publicDht: boolean;
  /** Multiaddr texts of its bootstrap nodes, each with /p2p; absent: the well-known ones. */
  readonly publicHosts: readonly string[] | undefined;
  /** Keeps private addresses in the global DHT, for networks without internet access. */
  readonly privateWan: boolean;
  /** File with the key of a private network. */
  readonly networkKey: string | undefined;
  /** Accounts that may connect; absent: every contact. */
  readonly allow: readonly AccountId[] | undefined;
  /** Whether messages are kept after they are delivered or read. */
  readonly history: boolean;
  /** How long messages are kept at most, ms. */
  readonly retention: number | undefined;
  /** Locks the node after this time without a request, ms. */
  readonly lockAfter: number | undefined;
  /** Port of the HTTP endpoint on 127.0.0.1; absent: there is none. */
  readonly httpPort: number | undefined;
  readonly log: LogLevel;
}

/** Options of the command line, for this run only. */
export interface Overrides extends GivenProxy {
  readonly listen?: readonly string[];
  readonly announce?: readonly string[];
  /** Used in addition to those of the file. */
  readonly bootstrap?: readonly string[];
  readonly mdns?: boolean;
  /** Path of the key file of a private network. */
  readonly networkKey?: string;
}

const MINUTE = 60_000;

/**
 * The settings of this run. Throws `config-invalid`, naming the setting, for the file and the
 * environment, and `address-invalid` or `proxy-invalid` for what the command line gave.
 * @param listenElse where to listen if neither the command line nor the file says it; nowhere
 * behind a proxy.
 */
export async function readConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  overrides: Overrides = {},
  listenElse: readonly string[] = everywhere,
): Promise<Config> {
  for (const address of overrides.listen ?? []) check(listenAddress, address);
  for (const address of overrides.bootstrap ?? []) check(bootstrapAddress, address);
  for (const address of overrides.announce ?? []) check(announceAddress, address);
  const file = await readSettings(path);
  const proxy = await readProxy(path, file, overrides);
  const named = new Set([...(file.bootstrap ?? []), ...(overrides.bootstrap ?? [])]);
  const invited = (file.bootstrapInvited ?? []).filter((address) => !named.has(address));
  return Object.freeze({
    listen: Object.freeze(overrides.listen ?? file.listen ?? (proxy ? [] : listenElse)),
    announce: Object.freeze(overrides.announce ?? file.announce ?? []),
    proxy,
    bootstrap: Object.freeze([...named, ...invited]),
    bootstrapInvited: Object.freeze(invited),
    shareBootstrap: file.shareBootstrap ?? defaults.shareBootstrap,
    mdns: overrides.mdns ?? file.mdns ?? !proxy,
    portMapping: file.portMapping ?? !proxy,
    receipts: file.receipts ?? defaults.receipts,
    invisible: file.invisible ?? defaults.invisible,
    lastSeen: file.lastSeen ?? defaults.lastSeen,
    decoys: file.decoys ?? defaults.decoys,
    publicDht: file.publicDht ?? defaults.publicDht,
    publicHosts: file.publicHosts && Object.freeze(file.publicHosts),
    privateWan: file.privateWan ?? defaults.privateWan,
    networkKey:
      overrides.networkKey ?? (file.networkKey && resolve(dirname(path), file.networkKey)),
    allow: file.allow && Object.freeze(file.allow.flatMap((text) => accountId.parse(text) ?? [])),
    history: file.history ?? defaults.history,
    retention: file.retention === undefined ? undefined : parseDuration(file.retention),
    lockAfter: file.lockAfterMinutes === undefined ? undefined : file.lockAfterMinutes * MINUTE,
    httpPort: file.httpPort,
    log: logLevel(env.SOTTO_LOG),
  });
}

/** Writes into the file whether the node begins invisible. Throws `config-invalid`. */
export async function keepInvisible(path: string, on: boolean): Promise<void> {
  await writeSettings(path, { invisible: on });
}

/** Writes into the file how many tags decoys fill up to. Throws `config-invalid`. */
export async function keepDecoys(path: string, decoys: number): Promise<void> {
  await writeSettings(path, { decoys });
}

/** Writes into the file whether the public DHT is used. Throws `config-invalid`. */
export async function keepPublic(path: string, on: boolean): Promise<void> {
  await writeSettings(path, { publicDht: on });
}

/**
 * Writes into the file that messages are not kept once they are delivered, or read. Throws
 * `config-invalid`.
 */
export async function keepNoHistory(path: string): Promise<void> {
  await writeSettings(path, { history: false });
}

/** Throws `address-invalid`. */
export function check(schema: v.GenericSchema<string>, address: string): void {
  const checked = v.safeParse(schema, address);
  if (!checked.success)
    throw new SottoError(
      "address-invalid",
      `${JSON.stringify(address)} ${checked.issues[0].message}.`,
    );
}

function logLevel(text: string | undefined): LogLevel {
  if (text === undefined || text === "") return "warn";
  const level = logLevels.find((level) => level === text);
  if (level !== undefined) return level;
  throw new SottoError("config-invalid", "SOTTO_LOG must be off, warn, info or debug.");
}
