/** Contacts and contact requests. */
import { limits } from "../../base/index.ts";
import { contact, invite, policies } from "../schema/contact.ts";
import {
  flag,
  input,
  list,
  object,
  oneOf,
  optional,
  short,
  text,
  wait,
  whole,
} from "../schema/fields.ts";
import { sendErrors, settingsErrors, whoErrors } from "./errors.ts";
import { aContact, type MethodTypes, method, nothing, oneContact, sample, who } from "./method.ts";

/**
 * What becomes of our invites by which the contact came: one for one use ends in any case;
 * reusable ones are revoked unless they are kept.
 */
const keepInvites = optional(
  flag(
    "Reusable invites by which the contact came stay open: others may use them, and the contact " +
      "can find us by them. By default they are revoked.",
  ),
);
const policy = oneOf(
  policies,
  "Who may see our address. any: the contact may. lan: links over the local network only. " +
    "hidden: the contact never does; links go through a proxy, or there are none.",
);
const name = input(1024, "1 to 64 visible characters.");
const more = flag("The response would be too long: call again with `after`.");
const ofBob = { who: "bob" };

export const contactMethods = {
  "contact.add": method({
    row: "manage",
    summary:
      "Adds the contact of an invite link. With `wait` it answers when pairing is beyond " +
      "`invited`, or at the timeout. Under the policies lan and hidden, invites by which the " +
      "contact came before end.",
    errors: [
      "invite-malformed",
      "invite-truncated",
      "invite-mistyped",
      "invite-newer",
      "invite-expired",
      "invite-own",
      "contact-exists",
      "contact-blocked",
      "contact-not-allowed",
      "name-invalid",
      "name-taken",
      ...settingsErrors,
    ],
    params: object({
      link: input(limits.pastedInvite, "A text that contains the link."),
      as: optional(input(1024, "What this node calls the contact; by default its own name.")),
      policy: optional(policy),
      keepInvites,
      wait: wait("How long to wait, ms; 0 by default."),
    }),
    result: object({ contact, timedOut: flag("Pairing is still `invited`.") }),
    example: { link: sample.link, as: "alice", wait: 30_000 },
  }),
  "contact.list": method({
    row: "read",
    limited: true,
    summary:
      "Every contact, requests and contacts that are not confirmed yet included. A page begins " +
      "again with the first one where the contact of `after` was removed.",
    errors: [],
    params: object({
      after: optional(short("Begins after the contact with this `account`: the next page.")),
    }),
    result: object({
      contacts: list(contact),
      more,
    }),
    example: {},
  }),
  "contact.show": method({
    row: "read",
    limited: true,
    summary: "One contact.",
    errors: [...whoErrors],
    params: oneContact,
    result: aContact,
    example: ofBob,
  }),
  "contact.rename": method({
    row: "manage",
    summary: "Changes what this node calls the contact.",
    errors: [...whoErrors, "name-invalid", "name-taken"],
    params: object({ who, name }),
    result: aContact,
    example: { who: "bob", name: "Bob at work" },
  }),
  "contact.set": method({
    row: "manage",
    summary: "Notes something of the contact, on this node only; an empty text deletes the note.",
    errors: [...whoErrors, "note-invalid"],
    params: object({ who, note: input(1024) }),
    result: aContact,
    example: { who: "bob", note: "Met at the fair." },
  }),
  "contact.block": method({
    row: "manage",
    summary: "Blocks the contact, who cannot find us by our invites either.",
    errors: [...whoErrors],
    params: object({ who, keepInvites }),
    result: aContact,
    example: ofBob,
  }),
  "contact.unblock": method({
    row: "manage",
    summary: "Unblocks the contact.",
    errors: [...whoErrors],
    params: oneContact,
    result: aContact,
    example: ofBob,
  }),
  "contact.remove": method({
    row: "manage",
    summary: "Deletes the contact, its keys and messages, and ends invites.",
    errors: [...whoErrors],
    params: object({ who, keepInvites }),
    result: nothing,
    example: ofBob,
  }),
  "contact.invites": method({
    row: "manage",
    summary: "Our open reusable invites by which the contact came.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({ contact, invites: list(invite) }),
    example: { who: "carol" },
  }),
  "contact.receipts": method({
    row: "manage",
    summary: "Turns read receipts and typing notices on or off, for both sides.",
    errors: [...whoErrors],
    params: object({ who, on: flag() }),
    result: aContact,
    example: { who: "bob", on: false },
  }),
  "contact.policy": method({
    row: "manage",
    summary:
      "Sets whether the contact can see our IP address; closes a link that the policy forbids, " +
      "and ends invites under lan and hidden.",
    errors: [...whoErrors, "proxy-forbids"],
    params: object({ who, keepInvites, policy }),
    result: aContact,
    example: { who: "bob", policy: "any" },
  }),
  "contact.timer": method({
    row: "manage",
    summary: "Sets after what time new messages disappear on both sides.",
    errors: [...whoErrors, "timer-invalid", ...sendErrors],
    params: object({ who, ms: whole("ms; 0: never.") }),
    result: aContact,
    example: { who: "bob", ms: 86_400_000 },
  }),
  "contact.number": method({
    row: "read",
    limited: true,
    summary: "The safety number of this account and the contact.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({ contact, number: text("60 digits, in 12 groups of 5.") }),
    example: ofBob,
  }),
  "contact.verify": method({
    row: "manage",
    summary:
      "Marks the contact as verified. With `number` only if the safety number is the same " +
      "(`number-mismatch` otherwise).",
    errors: [...whoErrors, "number-mismatch", "key-changed"],
    params: object({ who, number: optional(short("A safety number, spaces ignored.")) }),
    result: aContact,
    example: ofBob,
  }),
  "contact.unverify": method({
    row: "manage",
    summary: "Takes the mark back.",
    errors: [...whoErrors],
    params: oneContact,
    result: aContact,
    example: ofBob,
  }),
  "request.list": method({
    row: "read",
    summary: "Accounts that used a reusable invite of ours and wait for an answer.",
    errors: [],
    params: object({
      after: optional(short("Begins after the request of this `account`: the next page.")),
    }),
    result: object({ requests: list(contact), more }),
    example: {},
  }),
  "request.accept": method({
    row: "manage",
    summary: "Accepts a request.",
    errors: ["request-unknown", "contact-ambiguous", "contact-not-allowed"],
    params: oneContact,
    result: aContact,
    example: { who: "carol" },
  }),
  "request.deny": method({
    row: "manage",
    summary: "Denies a request.",
    errors: ["request-unknown", "contact-ambiguous"],
    params: oneContact,
    result: nothing,
    example: { who: "dave" },
  }),
};

export type ContactMethods = MethodTypes<typeof contactMethods>;
