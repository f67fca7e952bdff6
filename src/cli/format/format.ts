/** Contacts, messages and states of the node as text for a terminal. */
import type {
  Contact,
  KeyProtection,
  KnownBootstrap,
  NodeStatus,
  Pairing,
  Policy,
  PortMapFacts,
} from "../../api/index.ts";
import { displayLine, type HoleFailure, joined, never, type SafeText } from "../../base/index.ts";

const pairings: Readonly<Record<Exclude<Pairing, "confirmed">, string>> = {
  invited: "searching for them",
  handshaken: "waiting for their confirmation",
  requested: "asks to be added",
  denied: "denied your request",
  used: "invite already used",
  expired: "invite expired",
};

/** The state of a contact; the most important one if several apply. */
export function contactStateText(contact: Contact): string {
  if (contact.keyChanged) return "KEY CHANGED";
  if (contact.blocked) return "blocked";
  if (contact.pairing !== "confirmed") return pairings[contact.pairing];
  if (contact.online) return `online${routeNote(contact)}`;
  return contact.recentlySeen ? "recently seen, not connected" : "offline";
}

/** How the live link reaches the contact, after a space; empty where there is none. */
export function routeNote({ route }: Pick<Contact, "route">): string {
  switch (route) {
    case "direct":
      return " (direct)";
    case "proxy":
      return " (via proxy)";
    case undefined:
      return "";
    default:
      return never(route);
  }
}

/** The contact's name, safe to print on one line of a terminal. */
export function nameOf(contact: Pick<Contact, "name">): string {
  return displayLine(contact.name);
}

/** A text as one word of a shell command. */
export function shellWord(text: string): string {
  return /^[\w.-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const policies: Readonly<Record<Policy, { readonly short: string; readonly long: string }>> = {
  any: { short: "any", long: "any: they can see your IP address" },
  lan: { short: "LAN only", long: "lan: connect on the local network only" },
  hidden: { short: "hidden", long: "hidden: they never see your IP address, only a proxy's" },
};

/** Whether a contact can see our IP address. */
export function policyText(policy: Policy): string {
  return policies[policy].long;
}

/** What messages wait for by our own policy, after a space; empty if they do not wait for it. */
export function waitCondition({ awaits }: Pick<Contact, "awaits">): string {
  switch (awaits) {
    case "lan":
      return " until you are on the same local network";
    case "proxy":
      return " until a proxy is set";
    case "no-proxy":
      return " while a proxy is set";
    default:
      return "";
  }
}

/** What a contact calls itself, if that is not its name here. */
export function profileNotes({ name, profileName }: Contact): string[] {
  const differs = profileName !== undefined && profileName !== name;
  return differs ? [`calls itself ${quoted(profileName)}`] : [];
}

/** The mark of a contact that may be taken for another one. */
export function lookAlikeNotes({ looksLike }: Pick<Contact, "looksLike">): string[] {
  return looksLike === undefined ? [] : [`LOOKS LIKE ${quoted(looksLike.name)}`];
}

/** A name inside a sentence. */
export function quoted(name: string): string {
  return `"${displayLine(name)}"`;
}

/** One contact on one line; `width` columns for the name. @param unread messages of it. */
export function contactLine(contact: Contact, width: number, unread = 0): string {
  const notes = [
    contact.verified ? "verified" : "not verified",
    ...lookAlikeNotes(contact),
    ...(contact.named ? [] : profileNotes(contact)),
    ...(unread > 0 ? [`${unread} unread`] : []),
    ...(contact.waiting > 0 ? [`${contact.waiting} waiting${waitCondition(contact)}`] : []),
    ...(contact.policy === "any" ? [] : [policies[contact.policy].short]),
  ];
  const name = nameOf(contact).padEnd(width);
  return `${name}  ${contactStateText(contact).padEnd(28)}  ${notes.join(", ")}`;
}

/** The 60 digits of a safety number in three lines of four groups. */
export function numberLines(digits: string): SafeText {
  const groups = digits.replaceAll(/\s/g, "").match(/.{1,5}/g) ?? [];
  const lines = [0, 4, 8].map((from) => `  ${groups.slice(from, from + 4).join(" ")}`);
  return joined(lines, "\n");
}

const inParentheses = (error: string | undefined): string =>
  error === undefined ? "" : ` (${error})`;

/** A bootstrap node and whether it is connected. */
export function bootstrapLine({
  address,
  state,
  error,
}: Omit<KnownBootstrap, "origin" | "contact">): string {
  const text = { connected: "connected", searching: "not connected", spare: "in reserve" }[state];
  return `${address}  ${text}${inParentheses(error)}`;
}

/** What protects the database key, as part of a sentence. */
export function protectionText(protection: KeyProtection): string {
  switch (protection) {
    case "key-file":
      return "a key file";
    case "passphrase":
      return "a passphrase";
    case "keychain":
      return "the system keychain";
  }
}

/** The recovery phrase in six lines of four numbered words. */
export function phraseTable(words: string): SafeText {
  const cells = words
    .split(" ")
    .map((word, index) => `${String(index + 1).padStart(2)}. ${word.padEnd(10)}`);
  const lines: string[] = [];
  for (let from = 0; from < cells.length; from += 4)
    lines.push(`  ${cells.slice(from, from + 4).join("")}`.trimEnd());
  return joined(lines, "\n");
}

/** 1 contact, 2 contacts. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** The proxy and its state. */
export function proxyText({
  address,
  state,
  error,
}: NonNullable<NodeStatus["net"]["proxy"]>): string {
  const text = {
    untried: "not tried yet",
    working: "working: all connections go through it",
    down: "DOWN: no connections",
    refused: "REJECTS THIS NODE: no connections",
  }[state];
  return `${address}  ${text}${inParentheses(error)}`;
}

/** Whether peers can connect to this node, as they report. */
export function reachabilityText({
  verdict,
  addresses,
  asked,
}: NodeStatus["net"]["reach"]): string {
  const peers = `${count(asked, "peer")} tested it`;
  if (verdict === "reachable") return `yes, from the internet (${peers})`;
  if (verdict === "unknown") return "unknown: no peer has tested it yet";
  const why = [...new Set(addresses.flatMap(({ failures }) => failures))];
  if (why.length === 0)
    return addresses.length === 0
      ? "on the local network only: no public address"
      : "unknown: no peer could test an address of this node";
  return `on the local network only (${peers}: ${why.join(", ")})`;
}

/** What the router does to connections, and whether it opened a port. */
export function routerText({ kind, punches, portMap }: NodeStatus["net"]["nat"]): SafeText {
  const text = {
    unknown: "unknown: bootstrap nodes have to test it",
    none: "none: this computer has a public address",
    preserving: "allows hole punching",
    independent: "allows hole punching",
    symmetric: "symmetric NAT: needs IPv6 or a forwarded port (sotto up --listen)",
  }[kind];
  const last = punches.lastFailure;
  const failed = last === undefined ? "" : `; last failure: ${punchFailures[last.reason]}`;
  const punched =
    punches.made + punches.failed === 0
      ? ""
      : ` (${punches.made} succeeded, ${punches.failed} failed${failed})`;
  return joined([`${text}${punched}`, ...portText(portMap)], "\n");
}

const punchFailures: Readonly<Record<HoleFailure, string>> = {
  symmetric: "symmetric NAT",
  "no-signal": "no common bootstrap node",
  refused: "no answer",
  "timed out": "timed out",
};

/** The port that the router was asked for. */
function portText({ state, by, address }: PortMapFacts): string[] {
  switch (state) {
    case "mapped":
      return [`opened a port (${by === "upnp" ? "UPnP" : "NAT-PMP"}): ${address}`];
    case "silent":
      return ["opens no port: neither UPnP nor NAT-PMP answers"];
    case "refused":
      return ["refused to open a port (UPnP, NAT-PMP)"];
    default:
      return [];
  }
}

/** The state of the public DHT. */
export function publicDhtText({ state, peers, error }: NodeStatus["net"]["publicDht"]): string {
  switch (state) {
    case "off":
      return "off";
    case "resting":
      return "on, nothing to publish or look up now";
    case "joining":
      return "on, connecting";
    case "connected":
      return `on, ${count(peers, "peer")} connected`;
    case "lost":
      return `on, no bootstrap node answers${inParentheses(error)}`;
  }
}
