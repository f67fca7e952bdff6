/** Diagnosis of the node, and of a contact that is not connected: facts, findings and causes. */
import {
  type ContactCause,
  contactCauses,
  type NodeFinding,
  nodeFindings,
} from "../../base/index.ts";
import { contact } from "../schema/contact.ts";
import {
  flag,
  type Infer,
  list,
  maybe,
  ms,
  number,
  object,
  oneOf,
  text,
  whole,
} from "../schema/fields.ts";
import { holeFailure, nodeStatus, routerKind } from "../schema/node.ts";
import { whoErrors } from "./errors.ts";
import { type MethodTypes, method, nothing, oneContact } from "./method.ts";

export type { ContactCause, NodeFinding };

const addressReach = oneOf(
  ["public", "private", "loopback", "invalid"],
  "How far the address reaches; invalid: it is not an address.",
);
/** How far an address reaches; `invalid`: it is not an address. */
export type AddressReach = Infer<typeof addressReach>;

const published = {
  wanted: whole("How many should be published."),
  held: whole("How many peers hold."),
  refused: whole("How many were not accepted."),
};

export const doctorOfNode = object({
  status: nodeStatus,
  findings: list(
    object({
      what: oneOf(
        Object.keys(nodeFindings) as NodeFinding[],
        "What is wrong; `sotto doctor` has a text for each.",
      ),
      severity: oneOf(["error", "note"], "error: connections fail because of it."),
    }),
  ),
  records: object(published, "Encrypted records on the DHT."),
  publicKeys: object(published, "Keys on the public DHT under which our addresses are."),
  clock: object({
    setBy: number("By how much the clock was changed while the node ran, ms; negative: back."),
    compared: whole("Contacts whose records were compared with this clock since the start."),
    theirsAhead: maybe(number("By how much the latest of these was ahead of this clock, ms.")),
  }),
});
export type DoctorOfNode = Infer<typeof doctorOfNode>;

export const doctorOfContact = object({
  contact,
  cause: maybe(
    oneOf(
      Object.keys(contactCauses) as ContactCause[],
      "Why they are not connected; absent if they are. `sotto doctor NAME` has a text for each.",
    ),
  ),
  link: maybe(
    object({
      since: ms("ms since 1970."),
      heardAt: ms("ms since 1970."),
      address: text(),
      outbound: flag("This node dialed."),
    }),
  ),
  session: oneOf(
    ["none", "kept", "broken"],
    "broken: neither side can decrypt the other; the next connection makes a new session.",
  ),
  record: maybe(
    object(
      {
        age: number("ms."),
        ahead: number("By how much its time is in our future, ms."),
        addresses: list(text()),
      },
      "Their newest record that was found now.",
    ),
  ),
  recordRefused: maybe(
    object(
      { why: text(), off: maybe(number("Their clock minus ours, ms, if it is signed.")) },
      "Why a found record is not usable.",
    ),
  ),
  dials: list(
    object({
      address: text(),
      reach: addressReach,
      from: oneOf(
        ["last", "record", "public"],
        "Source of the address: their last connection, their record, or the public DHT.",
      ),
      reached: flag(),
      reason: maybe(text()),
      answer: maybe(text()),
    }),
    "Each address that was dialed, and the result.",
  ),
  hole: maybe(holeFailure),
  routers: object({ ours: routerKind, theirs: maybe(routerKind) }),
  waitingSince: maybe(ms("When the oldest undelivered message to them was written.")),
  refused: maybe(
    object(
      { held: whole("Shown once the order gets there."), dropped: whole("Never shown.") },
      "Messages of theirs that are not shown, because they claim a place too far ahead in the " +
        "order of the conversation.",
    ),
  ),
  failures: whole("Failed searches since the last connection."),
  nextTryIn: maybe(number("ms until the next search.")),
});
export type DoctorOfContact = Infer<typeof doctorOfContact>;

export const doctorMethods = {
  "doctor.node": method({
    row: "manage",
    summary: "Diagnoses the node.",
    errors: [],
    params: nothing,
    result: doctorOfNode,
    example: {},
  }),
  "doctor.contact": method({
    row: "manage",
    summary: "Searches for the contact now: dials and looks up their record, up to 45 s.",
    errors: [...whoErrors],
    params: oneContact,
    result: doctorOfContact,
    example: { who: "bob" },
  }),
};

export type DoctorMethods = MethodTypes<typeof doctorMethods>;
