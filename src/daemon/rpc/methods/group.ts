/** The `group.*` methods. */
import type { GroupMethods } from "../../../api/index.ts";
import { idOf } from "./message.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function groupHandlers({ messenger }: DispatchParts): Handlers<GroupMethods> {
  const { groups } = messenger;
  return {
    "group.create": async ({ name }) => ({ group: await groups.create(name) }),
    "group.list": () => ({ groups: groups.list(), invitations: groups.invitations() }),
    "group.show": ({ group }) => ({ group: groups.show(group) }),
    "group.members": ({ group }) => ({ members: groups.members(group) }),
    "group.invite": async ({ group, who }) => {
      await groups.invite(group, who);
      return {};
    },
    "group.join": async ({ group, from }) => ({ invitation: await groups.join(group, from) }),
    "group.decline": async ({ group, from }) => {
      await groups.decline(group, from);
      return {};
    },
    "group.remove": async ({ group, member }) => ({ group: await groups.remove(group, member) }),
    "group.role": async ({ group, member, role }) => ({
      group: await groups.setRole(group, member, role),
    }),
    "group.who": async ({ id, group }) => ({
      members: await groups.who(idOf(id), group),
    }),
    "group.set": async ({ group, name, topic, timer, receipts }) => {
      if (name !== undefined) await groups.set(group, "name", name);
      if (topic !== undefined) await groups.set(group, "topic", topic);
      if (timer !== undefined) await groups.setTimer(group, timer);
      if (receipts !== undefined) await groups.setReceipts(group, receipts);
      return { group: groups.show(group) };
    },
    "group.leave": async ({ group }) => ({ group: await groups.leave(group) }),
    "group.dissolve": async ({ group }) => ({ group: await groups.dissolve(group) }),
  };
}
