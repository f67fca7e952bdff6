/** The output of `sotto doctor`: one line per topic with a mark, the facts and the next step. */
import type { DoctorOfContact, DoctorOfNode, NodeStatus } from "../../api/index.ts";
import {
  contactCauses,
  holeFailures,
  indented,
  joined,
  listed,
  type NodeFinding,
  type NodeTopic,
  nodeFindings,
  type Part,
  padded,
  type SafeText,
  type Severity,
  safe,
} from "../../base/index.ts";
import type { Style } from "../runtime/print.ts";
import {
  bootstrapLine,
  contactStateText,
  count,
  nameOf,
  policyText,
  protectionText,
  proxyText,
  publicDhtText,
  reachabilityText,
  routerText,
  shellWord,
} from "./format.ts";
import { formatDuration, formatTime } from "./time.ts";

export interface Line {
  readonly state: "ok" | Severity;
  readonly topic: string;
  /** One or several lines. */
  readonly text: Part;
  /** What to do next. */
  readonly remedy?: string | undefined;
}

const TOPIC_WIDTH = 10;
/** Mark, topic and the spaces after each. */
const INDENT = 2 + TOPIC_WIDTH + 2;

export function printed(lines: readonly Line[], style: Style): SafeText {
  const marks = { ok: style.green("✓"), note: style.yellow("·"), error: style.red("✗") };
  const all = lines.map(({ state, topic, text, remedy }) => {
    const below = joined([text, ...(remedy === undefined ? [] : [`→ ${remedy}`])], "\n");
    return indented(safe`${marks[state]} ${padded(topic, TOPIC_WIDTH)}  ${below}`, INDENT);
  });
  return joined(all, "\n");
}

const ok = (topic: string, text: Part): Line => ({ state: "ok", topic, text });
const note = (topic: string, text: Part, remedy?: string): Line => ({
  state: "note",
  topic,
  text,
  remedy,
});

// The node.

/** The facts of each topic; absent: the topic does not apply to this node. */
function nodeFacts(report: DoctorOfNode): Readonly<Record<NodeTopic, Part | undefined>> {
  const { status, records, publicKeys, clock } = report;
  const { net, damage } = status;
  const proxied = net.proxy !== undefined;
  return {
    store:
      damage?.message ??
      (status.rolledBack
        ? "an older copy"
        : "no damage found since the start (sotto check reads everything)"),
    protection: `database key protected by ${protectionText(status.protection)}`,
    clock: clockText(clock),
    proxy: net.proxy && proxyText(net.proxy),
    listening: listed(net.listening, "on no address"),
    addresses: listed(status.addresses, "none that others can use"),
    reachable: proxied ? undefined : reachableText(net.reach),
    router: proxied ? undefined : routerText(net.nat),
    bootstrap: listed(net.bootstrap.map(bootstrapLine), "none"),
    network: networkText(net),
    local: localText(net),
    "public DHT": publicKeysText(net.publicDht, publicKeys),
    records: status.invisible ? "not published: this node is invisible" : recordsText(records),
  };
}

/** The lines about a node, one per topic, each with the worst finding about it. */
export function nodeLines(report: DoctorOfNode): Line[] {
  const facts = nodeFacts(report);
  return (Object.keys(facts) as NodeTopic[]).flatMap((topic): Line[] => {
    const mine = report.findings.filter(({ what }) => nodeFindings[what].topic === topic);
    const worst = mine.find(({ severity }) => severity === "error") ?? mine[0];
    const fact = facts[topic];
    if (worst !== undefined) return [findingLine(worst.what, fact)];
    if (fact === undefined) return [];
    const untested = topic === "router" && report.status.net.nat.kind === "unknown";
    return [untested ? note(topic, fact) : ok(topic, fact)];
  });
}

function findingLine(what: NodeFinding, fact: Part | undefined): Line {
  const { topic, severity, text, remedy } = nodeFindings[what];
  const facts = fact === undefined ? text : joined([fact, text], "\n");
  return { state: severity, topic, text: facts, remedy };
}

function reachableText(reach: NodeStatus["net"]["reach"]): SafeText {
  const seen = reach.seenAs.length === 0 ? [] : [`seen as ${reach.seenAs.join(", ")}`];
  return joined([reachabilityText(reach), ...seen], "\n");
}

function networkText(net: NodeStatus["net"]): string {
  const peers =
    `${count(net.peers, "peer")} connected; DHT routing table: ${net.lanDht} local, ` +
    `${net.wanDht} global (${net.wanMode})`;
  return net.privateNetwork ? `${peers}; private network: only nodes with its key connect` : peers;
}

function localText(net: NodeStatus["net"]): string {
  return net.proxy === undefined ? mdnsText(net) : "mDNS off: the node uses a proxy";
}

/** Whether nodes on the local network find this one. */
export function mdnsText({
  mdns,
  mdnsRefused,
}: Pick<NodeStatus["net"], "mdns" | "mdnsRefused">): string {
  if (!mdns) return "mDNS off";
  if (mdnsRefused.length === 0) return "mDNS on";
  return `mDNS on, but not on ${mdnsRefused.join(", ")} (limit of the system)`;
}

function clockText({ setBy, compared, theirsAhead = 0 }: DoctorOfNode["clock"]): string {
  const now = new Date().toISOString().slice(0, 19).replace("T", " ");
  const set =
    Math.abs(setBy) < 1000
      ? ""
      : `; set ${setBy < 0 ? "back" : "ahead"} by ${formatDuration(Math.abs(setBy))} since ` +
        "the start";
  if (compared === 0) return `${now} UTC; no record of a contact to compare it with yet${set}`;
  const others = `the records of ${count(compared, "contact")}`;
  return theirsAhead > 0
    ? `${now} UTC; ${others}: the latest is ${formatDuration(theirsAhead)} ahead${set}`
    : `${now} UTC; not behind ${others}${set}`;
}

function publicKeysText(
  state: NodeStatus["net"]["publicDht"],
  { wanted, held, refused }: DoctorOfNode["publicKeys"],
): string {
  if (state.state === "off") return "off";
  const failing = refused > 0 ? `, ${refused} failed` : "";
  return `${publicDhtText(state)}; published under ${held} of ${count(wanted, "key")}${failing}`;
}

function recordsText({ wanted, held, refused }: DoctorOfNode["records"]): string {
  if (wanted === 0) return "none needed: no contact and no open invite";
  const failing = refused > 0 ? `, ${refused} rejected` : "";
  return `${held} of ${wanted} held by DHT peers${failing}`;
}

// A contact.

type Dial = DoctorOfContact["dials"][number];

/** The lines about a contact: whether they are connected, why not, and what the search met. */
export function contactLines(report: DoctorOfContact): Line[] {
  const { contact, nextTryIn, failures } = report;
  const tries = `after ${count(failures, "failed attempt")}`;
  return [
    connectionLine(report),
    pairingLine(report),
    ...verifiedLine(report),
    ...(contact.policy === "any" ? [] : [note("policy", policyText(contact.policy))]),
    recordLine(report),
    ...clockLine(report),
    ...report.dials.filter(isNotRepeated).map(dialLine),
    ...routersLine(report),
    sessionLine(report),
    waitingLine(report),
    ...refusedLine(report),
    ...(contact.lastSeen === undefined || contact.online
      ? []
      : [note("last seen", formatTime(contact.lastSeen))]),
    ...(nextTryIn === undefined
      ? []
      : [
          note(
            "next try",
            `in ${formatDuration(nextTryIn)}, ${tries}`,
            `To try now: sotto doctor ${shellWord(nameOf(contact))}`,
          ),
        ]),
  ];
}

/** What it means that every address of a record failed for the same reason. */
const commonReasons: Readonly<Record<string, string>> = {
  refused:
    "Each address refuses the connection: no node listens on that port, or a router forwards it " +
    "to another computer.",
  "timed out":
    "The connections time out: their computer is off or offline, or a firewall drops packets. " +
    "From here the two look the same.",
  "no route": "This computer has no route to them: check its own network (sotto doctor).",
};

/** The same where every address is private, which no network but theirs delivers to. */
const privateReasons: Readonly<Record<string, string>> = {
  ...commonReasons,
  "timed out":
    "Their addresses are private: they can be reached from their own network only. On it, a " +
    "timeout means that their computer is off or offline, or a firewall drops packets.",
  "no route": "Their addresses are private: they can be reached from their own network only.",
};

/** What it means that all dials failed, if they failed alike. */
function meaningOf(all: readonly Dial[]): string | undefined {
  const dials = all.filter(({ from }) => from !== "last");
  const [{ reason = "" } = {}] = dials;
  if (!dials.every((each) => each.reason === reason)) return undefined;
  const meanings = dials.every(({ reach }) => reach === "private") ? privateReasons : commonReasons;
  return meanings[reason];
}

function connectionLine({ contact, cause, link, dials }: DoctorOfContact): Line {
  const topic = "connection";
  if (cause === undefined) {
    const way = contact.route === "proxy" ? "via proxy" : "direct";
    if (link === undefined) return ok(topic, way);
    const side = link.outbound ? "this node dialed" : "they dialed";
    const since = formatDuration(Math.max(0, Date.now() - link.since));
    return ok(topic, `${way}, for ${since} (${side}, ${link.address})`);
  }
  const { text, remedy } = contactCauses[cause];
  const meaning = cause === "unreachable" ? meaningOf(dials) : undefined;
  return {
    state: "error",
    topic,
    text: joined(["none", text, ...(meaning === undefined ? [] : [meaning])], "\n"),
    remedy: remedy.replace("NAME", () => shellWord(nameOf(contact))),
  };
}

function pairingLine({ contact }: DoctorOfContact): Line {
  if (contact.pairing === "confirmed") return ok("pairing", "confirmed by both sides");
  return note("pairing", contactStateText(contact));
}

function verifiedLine({ contact }: DoctorOfContact): Line[] {
  if (contact.pairing !== "confirmed") return [];
  if (contact.verified) return [ok("verified", "you compared safety numbers")];
  return [
    note(
      "verified",
      "not yet",
      `Compare safety numbers: sotto verify ${shellWord(nameOf(contact))}`,
    ),
  ];
}

function recordLine({ record, recordRefused, cause }: DoctorOfContact): Line {
  const topic = "record";
  if (record !== undefined) return ok(topic, `${formatDuration(record.age)} old`);
  const off = recordRefused?.off;
  if (off !== undefined)
    return off > 0
      ? note(topic, `dated ${formatDuration(off)} in the future`)
      : note(topic, `expired, ${formatDuration(-off)} old`);
  const searched = cause === undefined || contactCauses[cause].stage === "search";
  return note(topic, searched ? "not found" : "not looked up");
}

/** Differences that publishing and finding a record explain, ms. */
const RECORD_DELAY = 10_000;

/** How the two clocks differ, if their signed record proves it: a slow clock cannot be proven. */
function clockLine({ record, recordRefused }: DoctorOfContact): Line[] {
  const topic = "clock";
  const ahead = record?.ahead ?? recordRefused?.off;
  if (ahead === undefined) return [];
  if (ahead <= RECORD_DELAY)
    return record === undefined ? [] : [ok(topic, "no difference between theirs and yours found")];
  const least = record === undefined ? "" : "at least ";
  return [
    note(
      topic,
      `theirs is ${least}${formatDuration(ahead)} ahead of yours, or yours is behind`,
      "Set the clock that is wrong: timedatectl set-ntp true",
    ),
  ];
}

/** False for an address of their last connection that their record names with the same result. */
function isNotRepeated({ address, reason, reached, from }: Dial, _: number, all: readonly Dial[]) {
  const same = (each: Dial): boolean =>
    each.from !== "last" && each.address === address && !each.reached && each.reason === reason;
  return from !== "last" || reached || !all.some(same);
}

const sources = {
  last: ", their last address",
  public: ", from the public DHT",
  record: "",
} as const;

/** Addresses that cannot be reached from here, whatever answers. */
const scopes = {
  private: " (private: reachable from their own network only)",
  loopback: " (loopback: reachable from their own computer only)",
  invalid: "",
  public: "",
} as const;

function dialLine({ address, reach, from, reached, reason = "failed", answer }: Dial): Line {
  const where = `${address}${sources[from]}`;
  const result = reached ? `answered${answerText(answer)}` : `${reason}${scopes[reach]}`;
  return note("dialed", `${where}: ${result}`);
}

function answerText(answer: string | undefined): string {
  if (answer === "silent") return ", but does not recognize you";
  if (answer === "refused") return ", without proof that it is their node";
  return answer === "pending" ? ", and waits for their decision" : "";
}

const routerKinds: Readonly<Record<DoctorOfContact["routers"]["ours"], string>> = {
  unknown: "is not known yet",
  none: "is none: a public address",
  preserving: "keeps ports (hole punching works)",
  independent: "uses one port for all connections (hole punching works)",
  symmetric: "uses a different port for each connection",
};

function routersLine({ hole, routers: { ours, theirs } }: DoctorOfContact): Line[] {
  if (hole === undefined) return [];
  const { text, remedy } = holeFailures[hole];
  const sides = [
    ...(ours === "unknown" ? [] : [`yours ${routerKinds[ours]}`]),
    ...(theirs === undefined ? [] : [`theirs ${routerKinds[theirs]}`]),
  ];
  const lines = sides.length === 0 ? [text] : [text, sides.join("; ")];
  return [note("routers", joined(lines, "\n"), remedy)];
}

function sessionLine({ session, contact }: DoctorOfContact): Line {
  const topic = "session";
  if (session === "kept") return ok(topic, "established");
  if (session === "broken")
    return note(
      topic,
      "broken: the two sides cannot decrypt each other; re-created when connected",
    );
  const confirmed = contact.pairing === "confirmed";
  return note(topic, confirmed ? "none; created when connected" : "none yet");
}

/** Messages that are not shown, which no unchanged program causes. */
function refusedLine({ refused }: DoctorOfContact): Line[] {
  if (refused === undefined) return [];
  const { held, dropped } = refused;
  const parts = [
    ...(held === 0 ? [] : [`${count(held, "message")} held back`]),
    ...(dropped === 0 ? [] : [`${count(dropped, "message")} dropped`]),
  ];
  return [
    note(
      "order",
      `${parts.join(", ")}: they claim a place too far ahead in the conversation`,
      "If your contact did not change their program, remove each other and pair again.",
    ),
  ];
}

function waitingLine({ contact, waitingSince }: DoctorOfContact): Line {
  const topic = "messages";
  if (contact.waiting === 0) return ok(topic, "none waiting");
  const since = waitingSince === undefined ? "" : `, the oldest since ${formatTime(waitingSince)}`;
  return note(topic, `${contact.waiting} waiting${since}`);
}
