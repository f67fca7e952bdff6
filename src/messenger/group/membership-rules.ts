/** What must hold before this node changes the members or the settings of a group. */
import { never, SottoError } from "../../base/index.ts";
import { groupLimits, type Member } from "../../group/index.ts";
import type { Group } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";

/** This node as a member of the group. Throws group-ended, group-joining. */
export function requireMember({ row, state }: Group): Member {
  const own = state.members.get(row.us);
  switch (row.standing) {
    case "left":
      throw new SottoError("group-ended", "You left this group.");
    case "removed":
      throw new SottoError("group-ended", "You were removed from this group.");
    case "dissolved":
      throw new SottoError("group-ended", "This group was dissolved.");
    case "welcomed":
      throw new SottoError(
        "group-joining",
        "This node does not have the members of the group yet.",
      );
    case "member":
    case "behind":
      if (own === undefined) throw new SottoError("group-ended", "You are not in this group.");
      return own;
    default:
      return never(row.standing);
  }
}

/** Throws group-role, group-ended, group-joining. */
export function requireAdmin(group: Group): void {
  const { role } = requireMember(group);
  if (role !== "owner" && role !== "admin")
    throw new SottoError("group-role", "Only an admin of this group can do this.");
}

/** Throws group-full where no one more can be invited. */
export function requireFree({ invitations }: GroupsContext, { row, state }: Group): void {
  const asked = invitations.allSent().filter(({ group, added }) => group === row.id && !added);
  if (state.members.size + asked.length >= groupLimits.directMembers)
    throw new SottoError(
      "group-full",
      `A group has at most ${groupLimits.directMembers} members, invited ones included.`,
    );
}
