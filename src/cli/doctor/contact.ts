/** How somebody and we stand, in words. */
import type { ContactCause, DoctorOfContact } from "../../api/index.ts";
import { displayLine } from "../../base/index.ts";
import { contactWords, count, nameOf, policyWords } from "../format/format.ts";
import { spell, stamp } from "../format/time.ts";
import { causeWords, type Words } from "./causes.ts";
import type { Line } from "./lines.ts";

export function contactLines(report: DoctorOfContact): Line[] {
  const { contact, cause, link } = report;
  const name = nameOf(contact);
  const theirs = report.dials.filter(({ from }) => from !== "last");
  const reasons = theirs.map(({ reason }) => reason);
  const why = cause && causeWords(cause, name, reasons);
  return [
    why === undefined
      ? { state: "well", topic: "link", text: linkWords(link) }
      : { state: "wrong", topic: "link", text: `none. ${why.text}`, remedy: why.remedy },
    pairingLine(report),
    ...verifiedLine(report),
    ...policyLine(report),
    recordLine(report),
    ...clockLine(report),
    ...report.dials.filter(unlikeLater).map(dialLine),
    ...holeLine(report),
    sessionLine(report),
    waitingLine(report),
    ...seenLine(report),
    ...(report.nextTryIn === undefined
      ? []
      : [
          {
            state: "note",
            topic: "next try",
            text:
              `in ${spell(report.nextTryIn)}, after ${count(report.failures, "attempt")} ` +
              "in vain",
            remedy: `sotto doctor ${name} tries now`,
          } as const,
        ]),
  ];
}

function linkWords(link: DoctorOfContact["link"]): string {
  if (link === undefined) return "";
  const way = link.outbound ? "we dialled" : "they dialled";
  return `direct, for ${spell(Math.max(0, Date.now() - link.since))} (${way}, ${link.address})`;
}

function pairingLine({ contact }: DoctorOfContact): Line {
  if (contact.pairing === "confirmed")
    return { state: "well", topic: "pairing", text: "both sides have proof of each other" };
  return { state: "note", topic: "pairing", text: contactWords(contact) };
}

function verifiedLine({ contact }: DoctorOfContact): Line[] {
  if (contact.pairing !== "confirmed") return [];
  if (contact.verified)
    return [{ state: "well", topic: "verified", text: "you compared safety numbers" }];
  const remedy = `sotto verify ${nameOf(contact)}`;
  return [{ state: "note", topic: "verified", text: "not yet", remedy }];
}

function policyLine({ contact: { policy } }: DoctorOfContact): Line[] {
  return policy === "any" ? [] : [{ state: "note", topic: "policy", text: policyWords(policy) }];
}

/** Whether nobody was asked for their record. */
function unsought(cause: ContactCause | undefined): boolean {
  return cause === "blocked" || cause === "hidden" || cause === "lan-behind-proxy";
}

function recordLine({ record, recordRefused, cause }: DoctorOfContact): Line {
  const topic = "record";
  if (record !== undefined) return { state: "well", topic, text: `${spell(record.age)} old` };
  if (recordRefused?.off !== undefined) {
    const { off } = recordRefused;
    const text = off > 0 ? `${spell(off)} in our future` : `${spell(-off)} old: of no use any more`;
    return { state: "note", topic, text };
  }
  return { state: "note", topic, text: unsought(cause) ? "not looked for" : "none found" };
}

/** A second or two is the way of a record. */
const LEAD = 10_000;

/**
 * What their signed times say of the two clocks; that theirs is behind cannot be told from the age
 * of a record.
 */
function clockLine({ record, recordRefused }: DoctorOfContact): Line[] {
  const topic = "clock";
  const ahead = record?.ahead ?? recordRefused?.off;
  if (ahead === undefined) return [];
  if (ahead <= LEAD)
    return record === undefined
      ? []
      : [{ state: "well", topic, text: "nothing says that theirs and ours differ" }];
  const least = record ? "at least " : "";
  const text = `theirs is ${least}${spell(ahead)} ahead of ours, or ours behind`;
  const remedy = "whoever is wrong sets it: timedatectl set-ntp true";
  return [{ state: "note", topic, text, remedy }];
}

/** Where they were last is commonly what their record says, too: once is enough. */
function unlikeLater(
  { address, reason, reached, from }: DoctorOfContact["dials"][number],
  _: number,
  dials: DoctorOfContact["dials"],
): boolean {
  const same = (each: DoctorOfContact["dials"][number]): boolean =>
    each.from !== "last" && each.address === address && !each.reached && each.reason === reason;
  return from !== "last" || reached || !dials.some(same);
}

const FROM = {
  last: ", where they were last",
  public: ", named by the public DHT",
  record: "",
} as const;

/** Addresses that lead nowhere from here, whatever answers. */
const FAR = {
  private: " (private: reached from their own network alone)",
  loopback: " (theirs alone: reached on one machine)",
  invalid: "",
  public: "",
} as const;

function dialLine({
  address,
  reach,
  from,
  reached,
  reason = "failed",
  answer,
}: DoctorOfContact["dials"][number]): Line {
  const where = `${displayLine(address)}${FROM[from]}`;
  if (reached)
    return { state: "note", topic: "dialled", text: `${where}: answered${heard(answer)}` };
  return { state: "note", topic: "dialled", text: `${where}: ${reason}${FAR[reach]}` };
}

/** Why there is no way through the routers, and what opens one. */
export const holeWords: Readonly<Record<NonNullable<DoctorOfContact["hole"]>, Words>> = {
  symmetric: {
    text: "no hole: a router of one of you gives each connection another port",
    remedy:
      "one of you forwards a port (sotto up --listen /ip4/0.0.0.0/tcp/PORT), or both use IPv6",
  },
  "no-signal": {
    text: "no hole: no host knows you both that could pass the word on",
    remedy: "share a bootstrap host: sotto net bootstrap add ADDRESS",
  },
  refused: {
    text: "no hole: they did not answer the word that was passed on",
    remedy: "they have to be online with the same bootstrap host, and to know you still",
  },
  "timed out": {
    text: "no hole: the routers let nothing through in time",
    remedy:
      "one of you forwards a port (sotto up --listen /ip4/0.0.0.0/tcp/PORT), or both use IPv6",
  },
};

const kinds: Readonly<Record<DoctorOfContact["routers"]["ours"], string>> = {
  unknown: "is not known yet",
  none: "is none: a public address",
  preserving: "keeps ports, so lets holes through",
  independent: "gives one other port for all, so lets holes through",
  symmetric: "gives each connection another port",
};

function holeLine({ hole, routers: { ours, theirs } }: DoctorOfContact): Line[] {
  if (hole === undefined) return [];
  const { text, remedy } = holeWords[hole];
  const known = [
    ...(ours === "unknown" ? [] : [`ours ${kinds[ours]}`]),
    ...(theirs === undefined ? [] : [`theirs ${kinds[theirs]}`]),
  ];
  const sides = known.length === 0 ? [] : [known.join("; ")];
  return [{ state: "note", topic: "routers", text: [text, ...sides].join("\n"), remedy }];
}

function heard(answer: string | undefined): string {
  if (answer === "silent") return ", and says nothing to us";
  if (answer === "refused") return ", without proof";
  return answer === "pending" ? ", and waits for their word" : "";
}

function sessionLine({ session, contact }: DoctorOfContact): Line {
  const topic = "session";
  if (session === "kept") return { state: "well", topic, text: "there is one" };
  if (session === "broken")
    return {
      state: "note",
      topic,
      text: "the two no longer read each other; the next link makes another",
    };
  const text = contact.pairing === "confirmed" ? "none; the next link makes one" : "none yet";
  return { state: "note", topic, text };
}

function seenLine({ contact: { lastSeen, online } }: DoctorOfContact): Line[] {
  if (lastSeen === undefined || online) return [];
  return [{ state: "note", topic: "last seen", text: stamp(lastSeen) }];
}

function waitingLine({ contact, waitingSince }: DoctorOfContact): Line {
  const topic = "messages";
  if (contact.waiting === 0) return { state: "well", topic, text: "none waits for them" };
  const since = waitingSince === undefined ? "" : `, the oldest since ${stamp(waitingSince)}`;
  return { state: "note", topic, text: `${contact.waiting} waiting for them${since}` };
}
