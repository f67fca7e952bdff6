/** The `contact.*` and `request.*` methods. */
import * as v from "valibot";
import type { ContactMethods } from "../../../api/index.ts";
import { limits } from "../../../base/index.ts";
import type { Caller, DispatchParts, Handlers, Schemas } from "./method-types.ts";
import { nothing, short, wait, who, whole } from "./param-schemas.ts";
import { addAndWait, type WaitLimit } from "./wait-for-state.ts";

const ending = v.strictObject({ who: short, keepInvites: v.optional(v.boolean()) });
const policy = v.picklist(["any", "lan", "hidden"]);

export const contactSchemas: Schemas<ContactMethods> = {
  "contact.add": v.strictObject({
    link: v.pipe(v.string(), v.maxLength(limits.pastedInvite, "is too long")),
    as: v.optional(v.string()),
    policy: v.optional(policy),
    wait,
  }),
  "contact.list": nothing,
  "contact.show": who,
  "contact.rename": v.strictObject({ who: short, name: v.string() }),
  "contact.block": ending,
  "contact.unblock": who,
  "contact.remove": ending,
  "contact.invites": who,
  "contact.receipts": v.strictObject({ who: short, on: v.boolean() }),
  "contact.policy": v.strictObject({ ...ending.entries, policy }),
  "contact.timer": v.strictObject({ who: short, ms: whole }),
  "contact.number": who,
  "contact.verify": v.strictObject({ who: short, number: v.optional(short) }),
  "contact.unverify": who,
  "request.list": nothing,
  "request.accept": who,
  "request.deny": who,
};

export function contactHandlers({
  messenger,
  network,
  clock,
}: DispatchParts): Handlers<ContactMethods> {
  const waitLimit = (timeout: number, { signal }: Caller): WaitLimit => ({
    timeout,
    signal,
    clock,
  });
  return {
    "contact.add": async ({ link, as, policy, wait }, caller) => {
      await network.learn(messenger.bootstrapsIn(link, policy));
      const options = { ...(as !== undefined && { as }), ...(policy !== undefined && { policy }) };
      const add = () => messenger.add(link, options);
      if (wait !== undefined) return addAndWait(messenger, add, waitLimit(wait, caller));
      return { contact: await add(), timedOut: false };
    },
    "contact.list": () => ({ contacts: messenger.contacts() }),
    "contact.show": ({ who }) => ({ contact: messenger.contact(who) }),
    "contact.rename": async ({ who, name }) => ({ contact: await messenger.rename(who, name) }),
    "contact.block": async ({ who, ...fate }) => ({ contact: await messenger.block(who, fate) }),
    "contact.unblock": async ({ who }) => ({ contact: await messenger.unblock(who) }),
    "contact.remove": async ({ who, ...fate }) => {
      await messenger.remove(who, fate);
      return {};
    },
    "contact.invites": ({ who }) => {
      const contact = messenger.contact(who);
      return { contact, invites: messenger.invitesOf(contact.account) };
    },
    "contact.receipts": async ({ who, on }) => ({
      contact: await messenger.shareReceipts(who, on),
    }),
    "contact.policy": async ({ who, policy, ...fate }) => {
      const contact = await messenger.setPolicy(who, policy, fate);
      // They know our PeerId and could recognize it. If the rotation fails now, the daily one
      // follows.
      if (policy === "hidden") void network.rotate().catch(() => undefined);
      return { contact };
    },
    "contact.timer": async ({ who, ms }) => ({ contact: await messenger.setTimer(who, ms) }),
    "contact.number": ({ who }) => {
      const contact = messenger.contact(who);
      return { contact, number: messenger.safetyNumber(contact.account) };
    },
    "contact.verify": async ({ who, number }) => ({
      contact: await messenger.verify(who, number),
    }),
    "contact.unverify": async ({ who }) => ({ contact: await messenger.unverify(who) }),
    "request.list": () => ({
      requests: messenger.contacts().filter(({ pairing }) => pairing === "requested"),
    }),
    "request.accept": async ({ who }) => ({ contact: await messenger.accept(who) }),
    "request.deny": async ({ who }) => {
      await messenger.deny(who);
      return {};
    },
  };
}
