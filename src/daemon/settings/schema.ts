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

/** Every key is optional; an unknown key is an error. */
export const fileSchema = v.strictObject({
  listen: v.optional(v.pipe(v.array(listenAddress), v.maxLength(16))),
  bootstrap: v.optional(v.pipe(v.array(bootstrapAddress), v.maxLength(limits.bootstrapAddresses))),
  bootstrapInvited: v.optional(
    v.pipe(v.array(bootstrapAddress), v.maxLength(limits.bootstrapAddresses)),
  ),
  shareBootstrap: v.optional(v.boolean()),
  announce: v.optional(v.pipe(v.array(announceAddress), v.maxLength(limits.recordAddresses))),
  proxy: v.optional(v.string()),
  mdns: v.optional(v.boolean()),
  portMapping: v.optional(v.boolean()),
  decoys: v.optional(
    v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(limits.decoyStep)),
  ),
  publicDht: v.optional(v.boolean()),
  publicHosts: v.optional(
    v.pipe(v.array(publicAddress), v.minLength(1), v.maxLength(limits.bootstrapAddresses)),
  ),
  privateWan: v.optional(v.boolean()),
  networkKey: v.optional(v.pipe(v.string(), v.minLength(1, "is not the path of a file"))),
  allow: v.optional(v.pipe(v.array(account), v.maxLength(limits.allowedAccounts))),
  history: v.optional(v.boolean()),
  retention: v.optional(
    v.pipe(v.string(), v.check(isRetention, "is not a time such as 90d, from 1h to 3650d")),
  ),
  lockAfterMinutes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  receipts: v.optional(v.boolean()),
  invisible: v.optional(v.boolean()),
  lastSeen: v.optional(v.boolean()),
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
    effect:
      "Cover records: publish this many tags, or twice, four times … as many if you have more " +
      "contacts, so that their number reveals less. `sotto net decoys` changes it.",
  },
  publicDht: {
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
    effect:
      "Start invisible: publish no record and accept no link. `sotto net invisible` changes it.",
  },
  lastSeen: { effect: "Keep the time of the last link with each contact." },
};
