/** The settings file: its keys, what each accepts and does, and the defaults. */
import * as v from "valibot";
import { limits, parseDuration } from "../../base/index.ts";
import {
  account,
  announceAddress,
  bootstrapAddress,
  listenAddress,
  publicAddress,
} from "./validators.ts";

function isRetention(text: string): boolean {
  const ms = parseDuration(text) ?? 0;
  return ms >= limits.retentionMin && ms <= limits.retentionMax;
}

/** The messages follow the name of the setting. */
const flag = v.boolean("must be true or false");
const LIST = "must be a list";
const text = v.string("must be a string");

/** A list of at most that many. */
function list<Item extends v.GenericSchema<string>>(item: Item, most: number) {
  return v.pipe(v.array(item, LIST), v.maxLength(most, `has more than ${most} items`));
}

const DECOYS = `must be a whole number from 0 to ${limits.decoyStep}`;
const PORT = "must be a port from 1 to 65535";
const MINUTES = "must be a whole number of minutes, 1 or more";

/** Every key is optional; an unknown key is an error. */
export const fileSchema = v.strictObject({
  listen: v.optional(list(listenAddress, 16)),
  bootstrap: v.optional(list(bootstrapAddress, limits.bootstrapAddresses)),
  bootstrapInvited: v.optional(list(bootstrapAddress, limits.bootstrapAddresses)),
  shareBootstrap: v.optional(flag),
  announce: v.optional(list(announceAddress, limits.recordAddresses)),
  proxy: v.optional(text),
  mdns: v.optional(flag),
  portMapping: v.optional(flag),
  decoys: v.optional(
    v.pipe(
      v.number(DECOYS),
      v.safeInteger(DECOYS),
      v.minValue(0, DECOYS),
      v.maxValue(limits.decoyStep, DECOYS),
    ),
  ),
  publicDht: v.optional(flag),
  publicHosts: v.optional(
    v.pipe(
      v.array(publicAddress, LIST),
      v.maxLength(limits.bootstrapAddresses, `has more than ${limits.bootstrapAddresses} items`),
      v.minLength(1, "must name an address"),
    ),
  ),
  privateWan: v.optional(flag),
  networkKey: v.optional(v.pipe(text, v.minLength(1, "is not the path of a file"))),
  allow: v.optional(list(account, limits.allowedAccounts)),
  history: v.optional(flag),
  retention: v.optional(
    v.pipe(text, v.check(isRetention, "is not a time such as 90d, from 1h to 3650d")),
  ),
  lockAfterMinutes: v.optional(
    v.pipe(v.number(MINUTES), v.safeInteger(MINUTES), v.minValue(1, MINUTES)),
  ),
  httpPort: v.optional(
    v.pipe(v.number(PORT), v.safeInteger(PORT), v.minValue(1, PORT), v.maxValue(65_535, PORT)),
  ),
  receipts: v.optional(flag),
  invisible: v.optional(flag),
  lastSeen: v.optional(flag),
});

export type FileSettings = v.InferOutput<typeof fileSchema>;

/** Values of settings that the file does not name, where they depend on nothing else. */
export const defaults = {
  shareBootstrap: true,
  decoys: 0,
  publicDht: false,
  privateWan: false,
  history: true,
  receipts: true,
  invisible: false,
  lastSeen: false,
} as const;

/** What docs/SETTINGS.md says of a setting besides its type. */
interface SettingTexts {
  /** What applies where neither the file nor `defaults` names it. */
  readonly unset?: string;
  /** The command-line option that replaces it for one run, or adds to it. */
  readonly option?: string;
  /** The command that changes it in the running node, too. */
  readonly command?: string;
  readonly effect: string;
}

/** The reference of all settings (`npm run docs` writes it into docs/SETTINGS.md). */
export const settingTexts: Readonly<Record<keyof FileSettings, SettingTexts>> = {
  listen: {
    unset: "all interfaces, any free port; none with a proxy",
    option: "`--listen` replaces it",
    effect: "Addresses to listen on, such as `/ip4/0.0.0.0/tcp/4001`.",
  },
  bootstrap: {
    command: "sotto net bootstrap",
    unset: "none",
    option: "`--bootstrap` adds to it",
    effect: "Bootstrap nodes that you named. `sotto net bootstrap add` and `rm` change the list.",
  },
  bootstrapInvited: {
    unset: "none",
    effect: "Bootstrap nodes that invites named. The node writes this list.",
  },
  shareBootstrap: {
    effect:
      "Contacts learn your bootstrap nodes, and theirs are used when none of yours answers. " +
      "`false`: neither.",
  },
  announce: {
    unset: "none",
    option: "`--announce` replaces it",
    effect:
      "Addresses to advertise instead of those listened on: a forwarded port, a DNS name, " +
      "an onion service.",
  },
  proxy: {
    unset: "none",
    option: "`--proxy`, `--proxy-file` replace it",
    effect:
      "SOCKS5 proxy for every connection: `socks5://IP:PORT`, or with a login " +
      "`socks5://USER:PASSWORD@IP:PORT`. Nothing is dialed around it; `mdns`, `portMapping` " +
      "and `publicDht` must not be `true` with it.",
  },
  mdns: {
    unset: "`true`; `false` with a proxy",
    option: "`--no-mdns` switches it off",
    effect: "Find nodes on the local network, and be found there, by mDNS.",
  },
  portMapping: {
    unset: "`true`; `false` with a proxy",
    effect: "Ask the router to forward a port (NAT-PMP, UPnP).",
  },
  decoys: {
    command: "sotto net decoys",
    effect:
      "Cover records: publish this many tags, or twice, four times … as many if you have more " +
      "contacts, so that their number reveals less. `sotto net decoys` changes it.",
  },
  publicDht: {
    command: "sotto net public",
    effect:
      "Contacts may find you, and you them, on the public IPFS DHT. `sotto net public` changes " +
      "it; its `--help` explains who sees what.",
  },
  publicHosts: {
    unset: "the well-known ones",
    effect: "Nodes through which this node joins the public DHT.",
  },
  privateWan: {
    effect: "Keep private addresses in the global DHT too, for a network without the internet.",
  },
  networkKey: {
    unset: "none",
    option: "`--network-key` replaces it",
    effect:
      "File with the key of a private network (`sotto net key new FILE`), relative to the " +
      "settings file. Only nodes that have the key are talked to.",
  },
  allow: {
    unset: "all contacts",
    effect: "Account ids of the contacts that this node connects to. An empty list allows none.",
  },
  history: {
    effect:
      "Keep messages after they are delivered (yours) or read (theirs). " +
      "`sotto init --no-history` writes `false`.",
  },
  retention: {
    unset: "forever",
    effect: "How long messages are kept at most, such as `90d`; from `1h` to `3650d`.",
  },
  httpPort: {
    unset: "no HTTP endpoint",
    effect:
      "Open the HTTP endpoint for programs on this port of 127.0.0.1 (docs/BOTS.md). Each " +
      "request needs a token: `sotto token create NAME --for http`.",
  },
  lockAfterMinutes: {
    unset: "never",
    effect:
      "Lock the node after this many minutes in which no command was given. Needs a passphrase " +
      "or the desktop's keychain (`sotto passwd`).",
  },
  receipts: {
    effect:
      "Contacts see what you have read and when you type, and you see the same of them. " +
      "`sotto contacts receipts` decides for one contact.",
  },
  invisible: {
    command: "sotto net invisible",
    effect:
      "Start invisible: publish no record and accept no link. `sotto net invisible` changes it.",
  },
  lastSeen: { effect: "Keep the time of the last link with each contact." },
};
