/** States in words, and the lines in which people and messages are shown. */
import type {
  Contact,
  Guard,
  KnownBootstrap,
  Message,
  NodeStatus,
  Pairing,
  Policy,
  PortMapFacts,
} from "../../api/index.ts";
import { displayLine, displayText } from "../../base/index.ts";
import { spell, stamp } from "./time.ts";

const states: Readonly<Record<Message["state"], string>> = {
  waiting: "waiting for peer",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "failed",
  received: "",
};

export function stateWords(state: Message["state"]): string {
  return states[state];
}

const pairings: Readonly<Record<Exclude<Pairing, "confirmed">, string>> = {
  invited: "looking for them",
  handshaken: "waits for their confirmation",
  requested: "asks to be accepted",
  denied: "said no",
  used: "the invite was used before",
  expired: "the invite has expired",
};

/** What is the matter with a contact, most important first; "offline" is no alarm. */
export function contactWords(contact: Contact): string {
  if (contact.keyChanged) return "KEY CHANGED";
  if (contact.blocked) return "blocked";
  if (contact.pairing !== "confirmed") return pairings[contact.pairing];
  if (contact.online) return "online (direct)";
  return contact.announced ? "announced" : "offline";
}

/** The contact's name, fit for a line of a terminal. */
export function nameOf(contact: Pick<Contact, "name">): string {
  return displayLine(contact.name);
}

const policies: Readonly<Record<Policy, { readonly short: string; readonly long: string }>> = {
  any: { short: "any", long: "any: they may see your address" },
  lan: { short: "LAN only", long: "lan: you meet on the local network only" },
  hidden: { short: "hidden", long: "hidden: they never see your address, only a proxy's" },
};

/** Who may see our address. */
export function policyWords(policy: Policy): string {
  return policies[policy].long;
}

/**
 * Why messages wait by our own policy, with a space in front; empty where it keeps nothing back.
 */
export function waitsFor({ awaits }: Pick<Contact, "awaits">): string {
  switch (awaits) {
    case "lan":
      return " until you are on one network";
    case "proxy":
      return " until a proxy is set";
    case "no-proxy":
      return " while a proxy is set";
    default:
      return "";
  }
}

/** One contact on one line; `width` columns for the name. */
export function contactLine(contact: Contact, width: number): string {
  const notes = [
    contact.verified ? "verified" : "not verified",
    ...(contact.unread > 0 ? [`${contact.unread} unread`] : []),
    ...(contact.waiting > 0 ? [`${contact.waiting} waiting${waitsFor(contact)}`] : []),
    ...(contact.policy === "any" ? [] : [policies[contact.policy].short]),
  ];
  return (
    `${nameOf(contact).padEnd(width)}  ${contactWords(contact).padEnd(15)}  ` +
    `${notes.join(", ")}`
  );
}

/** What a message is shown with, besides what it says itself. */
export interface Beside {
  /** The contact's name, and the columns that names take. */
  readonly name: string;
  readonly width: number;
  /** The message that it answers, where that is here. */
  readonly answered?: Message | undefined;
}

/** Characters of a message's id to name it by: few are alike among some thousands. */
const MARK = 5;

/**
 * A message with its continuation lines set in, what it answers above it, what came of it behind
 * and below it.
 */
export function messageLines(message: Message, { name, width, answered }: Beside): string {
  const whose = ({ direction }: Pick<Message, "direction">) => (direction === "out" ? "you" : name);
  const head =
    `${stamp(message.sentAt)}  ${message.id.slice(0, MARK)}  ` +
    `${whose(message).padEnd(width)}  `;
  const reactions = message.reactions.map((each) => `${displayLine(each.emoji)} ${whose(each)}`);
  const text = textOf(message, whose(message));
  const lines = [
    ...(message.replyTo === undefined ? [] : [`↳ ${excerpt(answered)}`]),
    [`${text}${message.edited ? " (edited)" : ""}`, ...stateNotes(message)].join("  "),
    ...(reactions.length === 0 ? [] : [reactions.join("  ")]),
  ];
  return `${head}${lines.join("\n").replaceAll("\n", `\n${" ".repeat(head.length)}`)}`;
}

function textOf({ notice, deleted, text }: Message, whose: string): string {
  if (notice !== undefined)
    return notice.ms === 0
      ? `(${whose} let messages stay)`
      : `(${whose} let messages disappear after ${spell(notice.ms)})`;
  return deleted ? "(deleted)" : displayText(text);
}

/** The proven state of our own message, and whether they know already what it is now. */
function stateNotes({ state, deleted, changing, keep }: Message): string[] {
  const notes = [
    ...(deleted || stateWords(state) === "" ? [] : [stateWords(state)]),
    ...(keep === undefined ? [] : [`goes after ${spell(keep)}`]),
    ...(changing ? ["change waiting for peer"] : []),
  ];
  return notes.length === 0 ? [] : [`[${notes.join("; ")}]`];
}

const EXCERPT = 40;

function excerpt(answered: Message | undefined): string {
  if (answered === undefined) return "(a message that is not here)";
  if (answered.deleted) return "(deleted)";
  const characters = [...displayLine(answered.text)];
  const short = characters.slice(0, EXCERPT).join("");
  return characters.length > EXCERPT ? `${short}…` : short;
}

/** 60 digits in three lines of four groups, as people read them to each other. */
export function numberLines(digits: string): string {
  const groups = digits.replaceAll(/\s/g, "").match(/.{1,5}/g) ?? [];
  return [0, 4, 8].map((from) => `  ${groups.slice(from, from + 4).join(" ")}`).join("\n");
}

/** A bootstrap host and how it stands. */
export function bootstrapLine({
  address,
  state,
  error,
}: Omit<KnownBootstrap, "origin" | "contact">): string {
  return `${address}  ${state}${error === undefined ? "" : ` (${displayLine(error)})`}`;
}

/** What guards the store's key, as it goes into a sentence. */
export function guardWords(guard: Guard): string {
  switch (guard) {
    case "key-file":
      return "a key file";
    case "passphrase":
      return "a passphrase";
    case "keychain":
      return "the keychain of your system";
  }
}

/** The recovery words in six lines of four, each with its place. */
export function wordTable(words: string): string {
  const cells = words
    .split(" ")
    .map((word, index) => `${String(index + 1).padStart(2)}. ${word.padEnd(10)}`);
  const lines: string[] = [];
  for (let from = 0; from < cells.length; from += 4)
    lines.push(`  ${cells.slice(from, from + 4).join("")}`.trimEnd());
  return lines.join("\n");
}

/** 1 contact, 2 contacts. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** The proxy, and how it stands. */
export function proxyWords({
  address,
  state,
  error,
}: NonNullable<NodeStatus["net"]["proxy"]>): string {
  const words = {
    untried: "not tried yet",
    working: "working: everything goes through it",
    down: "DOWN: nothing is dialled beside it",
    refused: "DOES NOT TAKE US: nothing is dialled beside it",
  }[state];
  return `${address}  ${words}${error === undefined ? "" : ` (${displayLine(error)})`}`;
}

/** Whether others reach this node, in their word. */
export function reachWords({ verdict, addresses, asked }: NodeStatus["net"]["reach"]): string {
  const voices = asked === 1 ? "1 host says" : `${asked} hosts say`;
  if (verdict === "reachable") return `from anywhere, ${voices}`;
  if (verdict === "unknown") return "not known: nobody to ask yet";
  const why = [...new Set(addresses.flatMap(({ failures }) => failures))];
  return why.length === 0
    ? "on this network alone: no public address"
    : `on this network alone, ${voices} (${why.join(", ")})`;
}

/** What the router does to those who meet through it. */
export function routerWords({ kind, punches, portMap }: NodeStatus["net"]["nat"]): string {
  const words = {
    unknown: "not known yet: it takes bootstrap hosts to tell",
    none: "none: this machine has a public address",
    preserving: "lets direct links through",
    independent: "lets direct links through",
    symmetric:
      "gives each connection another port: links need IPv6, or a port forwarded here " +
      "(sotto up --listen)",
  }[kind];
  const last = punches.lastFailure;
  const failed = last === undefined ? "" : `; last failure: ${last.reason}`;
  const holes =
    punches.made + punches.failed === 0
      ? ""
      : ` (${punches.made} made, ${punches.failed} failed${failed})`;
  return [`${words}${holes}`, ...portWords(portMap)].join("\n");
}

/** The port that the router was asked for. */
function portWords({ state, by, address }: PortMapFacts): string[] {
  switch (state) {
    case "mapped":
      return [`opened a port when asked (${by === "upnp" ? "UPnP" : "NAT-PMP"}): ${address}`];
    case "silent":
      return ["opens no port when asked: it speaks neither UPnP nor NAT-PMP"];
    case "refused":
      return ["refused to open a port when asked (UPnP, NAT-PMP)"];
    default:
      return [];
  }
}

/** The state of the public DHT. */
export function publicWords({ state, peers, error }: NodeStatus["net"]["publicDht"]): string {
  switch (state) {
    case "off":
      return "off";
    case "resting":
      return "on, nothing to do there now";
    case "joining":
      return "on, getting in";
    case "connected":
      return `on, ${count(peers, "host")} connected`;
    case "lost":
      return (
        "on, and none of its hosts " +
        `answers${error === undefined ? "" : ` (${displayLine(error)})`}`
      );
  }
}
