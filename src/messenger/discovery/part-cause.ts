/** The one cause that keeps us and a contact apart, out of what a search for it met. */
import { type ContactCause, dialReasons } from "../../base/index.ts";
import { type Contact, pairingEnded } from "../model/contact.ts";
import type { Dialled, Trail } from "../model/diagnosis.ts";
import type { Awaits, Pairing } from "../model/views.ts";

interface Standing {
  /** Whether the settings let us link with them. */
  readonly allowed: boolean;
  readonly connected: boolean;
  readonly invisible: boolean;
  readonly awaits: Awaits | undefined;
}

/**
 * @param dials of the last search. @param seen what the rendezvous gave. @param connected whether anybody can be asked.
 * @param invisible whether we stay away from them by our own wish. @param awaits what else their policy takes.
 */
export function causeOf(
  contact: Contact,
  dials: readonly Dialled[],
  seen: Pick<Trail, "asked" | "record" | "refused">,
  { allowed, connected, invisible, awaits }: Standing,
): ContactCause {
  const { pairing, changedAccount, blocked } = contact;
  if (changedAccount !== undefined) return "key-changed";
  if (blocked) return "blocked";
  if (pairing === "requested") return "asks-us";
  if (pairingEnded(pairing)) return pairing as "denied" | "used" | "expired";
  if (!allowed) return "not-allowed";
  if (awaits === "proxy") return "hidden";
  if (awaits === "no-proxy") return "lan-behind-proxy";
  if (invisible) return "invisible";
  const heard = answerOf(dials, pairing);
  if (heard === undefined && awaits === "lan") return "lan-only";
  if (heard === undefined && dials.some(({ reason }) => reason === dialReasons.otherNetwork))
    return "other-network";
  return heard ?? whyNoRecord(dials, seen, connected) ?? whyNobody(dials);
}

/** What the one who is meant said. At an address of before somebody else may answer by now; a record proves who does. */
function answerOf(dials: readonly Dialled[], pairing: Pairing): ContactCause | undefined {
  const proven = dials.filter(({ from }) => from === "record");
  const heard = (proven.length > 0 ? proven : dials).findLast(({ answer }) => answer !== undefined);
  switch (heard?.answer) {
    case "pending":
      return "undecided";
    case "refused":
      return "not-proven";
    case "silent":
      return "not-known";
    case "linked":
      // The link is gone again: whoever does not know yet what to say to us ends the first one.
      return pairing === "handshaken" ? "undecided" : "searching";
    default:
      return undefined;
  }
}

function whyNoRecord(
  dials: readonly Dialled[],
  { asked, record, refused }: Pick<Trail, "asked" | "record" | "refused">,
  connected: boolean,
): ContactCause | undefined {
  if (record !== undefined) return record.addresses.length === 0 ? "no-address" : undefined;
  if (!connected) return "nobody-to-ask";
  // Only what they signed themselves tells of their clock.
  if (refused?.time !== undefined && refused.why === "early") return "clock-apart";
  if (refused?.time !== undefined && refused.why === "stale") return "record-old";
  if (!asked) return dials.length === 0 ? "searching" : undefined;
  return dials.some(({ from }) => from === "public") ? undefined : "no-record";
}

function whyNobody(dials: readonly Dialled[]): ContactCause {
  const theirs = dials.filter(({ from }) => from !== "last");
  if (theirs.length === 0) return "searching";
  const only = (reason: string): boolean => theirs.every((each) => each.reason === reason);
  if (only(dialReasons.self)) return "own-address";
  return only(dialReasons.otherHost) ? "other-host" : "unreached";
}
