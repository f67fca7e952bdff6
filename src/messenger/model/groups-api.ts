/** The use cases of groups. */
import type { MessageId } from "../../base/index.ts";
import type {
  GroupInvitationView,
  GroupMemberView,
  GroupReachView,
  GroupView,
} from "../../model/index.ts";

/**
 * `group` is an alias or an id, with or without `group:` before it; of an invitation it is the name
 * or the id that it states. Throws `group-unknown` or `invitation-unknown`.
 */
export interface GroupsApi {
  /** Makes a group whose only member is this node, its owner. Throws name-invalid. */
  create(name: string): Promise<GroupView>;
  /** In the order in which this node made or joined them. */
  list(): GroupView[];
  /** Open invitations to this node, the oldest first. */
  invitations(): GroupInvitationView[];
  show(group: string): GroupView;
  members(group: string): GroupMemberView[];
  /**
   * Asks a contact to join. Throws group-role, group-ended, group-joining, group-full,
   * member-exists, and what stands in the way of sending to the contact.
   */
  invite(group: string, who: string): Promise<void>;
  /**
   * Accepts an invitation; the contact's node then adds this one.
   * @param from the contact that sent it, where several sent one. Throws invitation-expired, and
   * what stands in the way of sending to the contact.
   */
  join(group: string, from?: string): Promise<GroupInvitationView>;
  decline(group: string, from?: string): Promise<void>;
  /**
   * Ends the membership of a contact or of another member (a member id). Everything that members
   * write in knowledge of it is sealed under keys that it does not get. Throws group-role,
   * group-ended, member-unknown.
   */
  remove(group: string, member: string): Promise<GroupView>;
  /** Throws group-role, group-ended, member-unknown. */
  setRole(group: string, member: string, role: "admin" | "member" | "reader"): Promise<GroupView>;
  /** Sets a text of the group for all members. Throws group-role, group-ended, name-invalid. */
  set(group: string, setting: "name" | "topic", text: string): Promise<GroupView>;
  /**
   * How long messages from now on are kept, ms; 0: forever. Throws group-role, group-ended,
   * timer-invalid.
   */
  setTimer(group: string, ms: number): Promise<GroupView>;
  /** Whether members acknowledge what they received and read. Throws group-role, group-ended. */
  setReceipts(group: string, on: boolean): Promise<GroupView>;
  /**
   * What each other member has proven of a message of ours. Throws message-unknown, also of one
   * that is not in a group, and message-ambiguous.
   */
  who(id: MessageId, group?: string): Promise<GroupReachView[]>;
  /** Ends our own membership. The messages stay here. Throws group-ended. */
  leave(group: string): Promise<GroupView>;
  /** Ends the group for all; the owner can do it. Throws group-role, group-ended. */
  dissolve(group: string): Promise<GroupView>;
}
