/** Schemas of groups; the types are those that the messenger shares. */
import type { AccountId } from "../../base/index.ts";
import type {
  GroupInvitationView,
  GroupMemberView,
  GroupReachView,
  GroupView,
} from "../../model/index.ts";
import { flag, id, maybe, ms, object, of, oneOf, text, whole } from "./fields.ts";

const roles = oneOf(
  ["owner", "admin", "member", "reader"],
  "The owner is the most senior member; readers do not write.",
);
const account = id<AccountId>(52);
const name = text("Exactly as sent: clean it before a screen shows it.");

export const group = of<GroupView>()(
  object({
    id: text("32 hexadecimal characters."),
    ref: text("Names its conversation in every method: `group:` and the id."),
    alias: text("What this node calls it after `group:`. A rename by an admin does not change it."),
    name,
    topic: text("Empty where none is set. Clean it as `name`."),
    standing: oneOf(
      ["welcomed", "member", "behind", "left", "removed", "dissolved"],
      "welcomed: we were added, and the membership log is still to come. behind: operations or " +
        "keys that a linked member has are still to come; messages wait until then.",
    ),
    role: maybe(roles),
    members: whole("How many members it has."),
    linked: whole("Members with a live link to this node."),
    timer: whole("How long new messages are kept, ms; 0: forever."),
    joinedAt: ms("When this node made or joined it, ms since 1970."),
  }),
);

export const groupMember = of<GroupMemberView>()(
  object({
    member: text("The account in this group: 32 hexadecimal characters."),
    account,
    name,
    contact: maybe(text("What this node calls the contact; absent for others.")),
    role: roles,
    own: flag("This node."),
    linked: flag("There is a live link to it."),
  }),
);

export const groupReach = of<GroupReachView>()(
  object({
    member: text("The account in this group: 32 hexadecimal characters."),
    account,
    name,
    contact: maybe(text("What this node calls the contact; absent for others.")),
    state: oneOf(
      ["none", "held", "delivered", "read"],
      "What this member has proven. held: its node stores the message.",
    ),
  }),
);

export const groupInvitation = of<GroupInvitationView>()(
  object({
    group: text("The id of the group: 32 hexadecimal characters."),
    name,
    from: object({ account, name: text("What this node calls the contact.") }),
    members: whole("How many members it had when the invitation was made."),
    founder: account,
    expires: ms("ms since 1970."),
    state: oneOf(["invited", "joining"], "joining: we accepted, and wait to be added."),
  }),
);
