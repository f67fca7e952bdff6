/** Schemas of contacts and invites; the types are those that the messenger shares. */
import type { AccountId, InviteId } from "../../base/index.ts";
import type { Awaits, ContactView, InviteView, NewInvite, Route } from "../../model/index.ts";
import {
  allOf,
  flag,
  id,
  list,
  matching,
  maybe,
  ms,
  object,
  of,
  oneOf,
  text,
  whole,
} from "./fields.ts";

export const accountId = id<AccountId>(52, "The account: base32 of its public key.");

export const handle = matching(
  /^[a-z0-9-]{1,32}$/,
  "1 to 32 characters of a to z, 0 to 9 and hyphen, for addresses and programs: unique, derived " +
    "from the first name, and not changed by a rename. Provisional (`contact-…`) before the " +
    "contact has a name.",
);

export const policies = ["any", "lan", "hidden"] as const;

export const contact = of<ContactView>()(
  object({
    account: accountId,
    name: text(
      "What this node calls the contact: unique among contacts, changed by the user only. " +
        "Untrusted text: clean it before a screen shows it.",
    ),
    handle,
    named: flag("The user chose the name."),
    profileName: maybe(
      text("What the contact calls itself; absent before the first handshake. Untrusted text."),
    ),
    looksLike: maybe(
      object(
        { account: accountId, name: text() },
        "Another contact whose name looks like the name of this one.",
      ),
    ),
    note: maybe(text("What the user noted of the contact, on this node only.")),
    pairing: oneOf(
      ["invited", "handshaken", "requested", "confirmed", "denied", "used", "expired"],
      "invited: we hold their invite and search for them. handshaken: keys are agreed, their " +
        "first message is still to come. requested: they used our reusable invite and wait for " +
        "our answer. confirmed: both sides have proof of each other. The rest are ends without " +
        "success: they declined, or the invite was used or has expired.",
    ),
    verified: flag("The user compared safety numbers with the contact."),
    blocked: flag(),
    keyChanged: flag(
      "Another account key than the pinned one was shown: nothing is sent until the user decides.",
    ),
    online: flag("A live authenticated link exists now."),
    route: maybe(
      oneOf(
        allOf<Route>({ direct: true, proxy: true }),
        "How the live link reaches the contact. proxy: over our proxy or onion service. direct: " +
          "without either. Absent where there is none.",
      ),
    ),
    recentlySeen: flag(
      "A fresh record of the contact was found, which does not prove that it is online.",
    ),
    waiting: whole("Messages of ours, and actions on messages, that are not delivered yet."),
    receipts: flag("Read receipts and typing indicators are exchanged with the contact."),
    timer: ms("How long new messages are kept, ms; 0: forever."),
    policy: oneOf(
      policies,
      "Who may see our address. any: the contact may. lan: links over the local network only. " +
        "hidden: the contact never does; links go through a proxy, or there are none.",
    ),
    awaits: maybe(
      oneOf(
        allOf<Awaits>({ lan: true, proxy: true, "no-proxy": true }),
        "Why messages wait by our own policy; absent where it holds nothing back, or while linked.",
      ),
    ),
    inviteExpiresAt: maybe(
      ms("When the invite that we took expires, ms since 1970; absent once confirmed."),
    ),
    lastSeen: maybe(
      ms("When the contact was last linked, ms since 1970; only where the settings keep it."),
    ),
    addedAt: ms("ms since 1970."),
  }),
);

const inviteFields = {
  id: id<InviteId>(26),
  kind: oneOf(["once", "reusable"]),
  state: oneOf(["open", "used", "revoked", "expired"]),
  expiresAt: ms("ms since 1970."),
  uses: whole("How many accounts were accepted by it."),
  usedBy: list(accountId, "The newest of these accounts."),
};

export const invite = of<InviteView>()(object(inviteFields));

export const newInvite = of<NewInvite>()(
  object({
    ...inviteFields,
    link: text("The whole link, a secret until it is used."),
    shortLink: text(
      "The same invite without bootstrap nodes and addresses, for a small QR code; as secret.",
    ),
  }),
);
