/** Groups: making them, their members and settings, invitations. */
import { flag, list, object, oneOf, optional, short, whole, within } from "../schema/fields.ts";
import { group, groupInvitation, groupMember, groupReach } from "../schema/group.ts";
import { messageErrors, sendErrors, whoErrors } from "./errors.ts";
import { type MethodTypes, method, nothing, sample, who } from "./method.ts";

const named = short("A group: `group:` and its alias or id; here also without `group:`.");
const member = short("A member: a contact, its own name in the group, or its member id.");
const oneGroup = object({ group: named });
const aGroup = object({ group });
const invitationErrors = [
  "invitation-unknown",
  "invitation-expired",
  ...whoErrors,
  ...sendErrors,
] as const;
const changeErrors = ["group-ended", "group-joining", "group-full"] as const;
const memberErrors = ["group-unknown", ...changeErrors] as const;
const adminErrors = [...memberErrors, "group-role"] as const;

export const groupMethods = {
  "group.create": method({
    row: "manage",
    summary:
      "Makes a group that this node owns. It is its only member until contacts are invited " +
      "(`group.invite`) and accept.",
    errors: ["name-invalid"],
    params: object({ name: short("1 to 64 visible characters.") }),
    result: aGroup,
    example: { name: "Club" },
  }),
  "group.list": method({
    row: "read",
    summary: "All groups of this node, and the open invitations to others.",
    errors: [],
    params: nothing,
    result: object({ groups: list(group), invitations: list(groupInvitation) }),
    example: {},
  }),
  "group.show": method({
    row: "read",
    summary: "One group.",
    errors: ["group-unknown"],
    params: oneGroup,
    result: aGroup,
    example: { group: "group:Club" },
  }),
  "group.members": method({
    row: "read",
    summary: "The members of a group: the owner, admins, members, then readers.",
    errors: ["group-unknown"],
    params: oneGroup,
    result: object({ members: list(groupMember) }),
    example: { group: "group:Club" },
  }),
  "group.invite": method({
    row: "manage",
    summary:
      "Asks a contact to join. It is added once it accepts, which this node does by itself; its " +
      "answer is reported by `group.changed` or `group.declined`. It is valid for 7 days.",
    errors: [...changeErrors, "group-role", "member-exists", ...whoErrors, ...sendErrors],
    params: object({ group: named, who }),
    result: nothing,
    example: { group: "group:Club", who: "bob" },
  }),
  "group.join": method({
    row: "manage",
    summary:
      "Accepts an invitation. The contact learns that this node consents to be added to this " +
      "group; its members then see our account, name and messages in it.",
    errors: invitationErrors,
    params: object({
      group: short("The name or the id of the group in the invitation."),
      from: optional(short("The contact that sent it, where several did.")),
    }),
    result: object({ invitation: groupInvitation }),
    example: { group: "Walks" },
  }),
  "group.decline": method({
    row: "manage",
    summary: "Declines an invitation. The contact learns of it.",
    errors: invitationErrors,
    params: object({
      group: short("The name or the id of the group in the invitation."),
      from: optional(short("The contact that sent it, where several did.")),
    }),
    result: nothing,
    example: { group: "Walks" },
  }),
  "group.remove": method({
    row: "manage",
    summary:
      "Ends the membership of a junior. What members write in knowledge of it is sealed under " +
      "new keys, which that member does not get.",
    errors: [...adminErrors, "member-unknown"],
    params: object({ group: named, member }),
    result: aGroup,
    example: { group: "group:Club", member: "bob" },
  }),
  "group.role": method({
    row: "manage",
    summary:
      "Makes a junior an admin, a member without a role, or a reader. What a reader wrote and we " +
      "do not have yet is refused from then on.",
    errors: [...adminErrors, "member-unknown"],
    params: object({ group: named, member, role: oneOf(["admin", "member", "reader"]) }),
    result: aGroup,
    example: { group: "group:Club", member: "bob", role: "admin" },
  }),
  "group.set": method({
    row: "manage",
    summary: "Changes settings that all members share; what is absent does not change.",
    errors: [...adminErrors, "name-invalid", "timer-invalid"],
    params: object({
      group: named,
      name: optional(short("1 to 64 bytes of UTF-8.")),
      topic: optional(within(512, "At most 512 bytes of UTF-8; empty for none.")),
      timer: optional(whole("How long messages from now on are kept, ms; 0: forever.")),
      receipts: optional(flag("Members acknowledge what they received and read.")),
    }),
    result: aGroup,
    example: { group: "group:Club", topic: "Walks at the weekend" },
  }),
  "group.who": method({
    row: "read",
    summary: "What each other member has proven of a message of ours.",
    errors: messageErrors,
    params: object({
      id: short("The id of the message."),
      group: optional(named),
    }),
    result: object({ members: list(groupReach) }),
    example: { id: sample.groupMessage },
  }),
  "group.leave": method({
    row: "manage",
    summary: "Ends our own membership. The messages stay here.",
    errors: memberErrors,
    params: oneGroup,
    result: aGroup,
    example: { group: "group:Club" },
  }),
  "group.dissolve": method({
    row: "manage",
    summary: "Ends the group for all its members; its owner can do it. The messages stay.",
    errors: adminErrors,
    params: oneGroup,
    result: aGroup,
    example: { group: "group:Club" },
  }),
} as const;

export type GroupMethods = MethodTypes<typeof groupMethods>;
