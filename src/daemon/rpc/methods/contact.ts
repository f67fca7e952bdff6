/** The `contact.*` and `request.*` methods. */
import type { ContactMethods } from "../../../api/index.ts";
import { fittingAfter } from "./fitting.ts";
import type { Caller, DispatchParts, Handlers } from "./method-types.ts";
import { addAndWait, type WaitLimit } from "./wait-for-state.ts";

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
    "contact.add": async ({ link, as, policy, wait, ...fate }, caller) => {
      await network.learn(messenger.bootstrapsIn(link, policy));
      const options = {
        ...fate,
        ...(as !== undefined && { as }),
        ...(policy !== undefined && { policy }),
      };
      const add = () => messenger.add(link, options);
      if (wait !== undefined) return addAndWait(messenger, add, waitLimit(wait, caller));
      return { contact: await add(), timedOut: false };
    },
    "contact.list": ({ after }) => {
      const all = messenger.contacts();
      const { page, more } = fittingAfter(all, ({ account }) => account === after);
      return { contacts: page, more };
    },
    "contact.show": ({ who }) => ({ contact: messenger.contact(who) }),
    "contact.rename": async ({ who, name }) => ({ contact: await messenger.rename(who, name) }),
    "contact.set": async ({ who, note }) => ({ contact: await messenger.setNote(who, note) }),
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
    "request.list": ({ after }) => {
      const all = messenger.contacts().filter(({ pairing }) => pairing === "requested");
      const { page, more } = fittingAfter(all, ({ account }) => account === after);
      return { requests: page, more };
    },
    "request.accept": async ({ who }) => ({ contact: await messenger.accept(who) }),
    "request.deny": async ({ who }) => {
      await messenger.deny(who);
      return {};
    },
  };
}
