/** What each method takes, checked at the border. Held equal to the types in api/methods by the compiler. */
import * as v from "valibot";
import { eventTypes, type MethodName, type Params } from "../api/index.ts";
import { limits } from "../base/index.ts";

const nothing = v.strictObject({});
const short = v.pipe(v.string(), v.nonEmpty("must not be empty"), v.maxLength(256, "is too long"));
const who = v.strictObject({ who: short });
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const wait = v.optional(v.pipe(whole, v.maxValue(limits.apiWait)));
const address = v.strictObject({ address: short });

export const schemas: { readonly [Name in MethodName]: v.GenericSchema<unknown, Params<Name>> } = {
  "node.status": nothing,
  "node.stop": nothing,
  "account.show": nothing,
  "invite.create": v.strictObject({
    kind: v.optional(v.picklist(["once", "reusable"])),
    expiresIn: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(limits.inviteExpiryMax))),
    hints: v.optional(v.boolean()),
  }),
  "invite.list": nothing,
  "invite.revoke": v.strictObject({ id: short }),
  "contact.add": v.strictObject({
    link: v.pipe(v.string(), v.maxLength(4096, "is too long")),
    as: v.optional(v.string()),
    wait,
  }),
  "contact.list": nothing,
  "contact.show": who,
  "contact.rename": v.strictObject({ who: short, name: v.string() }),
  "contact.block": who,
  "contact.unblock": who,
  "contact.remove": who,
  "contact.number": who,
  "contact.verify": v.strictObject({ who: short, number: v.optional(short) }),
  "contact.unverify": who,
  "request.list": nothing,
  "request.accept": who,
  "request.deny": who,
  "message.send": v.strictObject({
    who: short,
    text: v.string(),
    key: v.optional(short),
    wait: v.optional(v.picklist(["sent", "delivered", "read", "live"])),
    timeout: wait,
  }),
  "message.list": v.strictObject({
    who: short,
    limit: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(limits.pageMessages))),
    before: v.optional(whole),
    after: v.optional(whole),
    since: v.optional(whole),
  }),
  "message.markRead": who,
  "message.cancel": v.strictObject({ id: short }),
  "event.subscribe": v.strictObject({
    from: v.optional(short),
    types: v.optional(v.array(v.picklist(eventTypes))),
  }),
  "net.peers": nothing,
  "net.bootstrap.list": nothing,
  "net.bootstrap.add": address,
  "net.bootstrap.remove": address,
};
