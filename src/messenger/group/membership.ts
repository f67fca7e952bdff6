/** Changes of a group's members and settings, each one operation of its membership log. */
import { limits, SottoError, u64, utf8 } from "../../base/index.ts";
import {
  everything,
  isSenior,
  type MemberId,
  memberId,
  settingFields,
  streamId,
} from "../../group/index.ts";
import { type GroupCut, isTimer } from "../../wire/index.ts";
import { author, type LaterAction } from "../group-state/author.ts";
import { makeFor } from "../group-state/generations.ts";
import type { Group } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import { typedName } from "../model/name-keys.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import { requireAdmin, requireMember } from "./membership-rules.ts";

/** Roles as an operation states them. */
const ROLES = { admin: 1, member: 2, reader: 3 } as const;
/** Bytes of UTF-8 that a name and a topic have at most. */
const NAME_BYTES = 64;
const TOPIC_BYTES = 512;

/** Sets a text for all members. Throws group-role, group-ended, group-full, name-invalid. */
export async function setText(
  context: GroupsContext,
  group: Group,
  setting: "name" | "topic",
  text: string,
): Promise<void> {
  const clean = setting === "name" ? typedName(text) : text.trim();
  const value = utf8(clean);
  if (value.length > (setting === "name" ? NAME_BYTES : TOPIC_BYTES))
    throw new SottoError("name-invalid", "The text is too long for a group.");
  await change(context, group, { kind: "set", field: settingFields[setting], value }, requireAdmin);
}

/**
 * Sets how long messages from now on are kept, ms; 0: forever. Throws timer-invalid, and what
 * `setText` throws.
 */
export async function setTimer(context: GroupsContext, group: Group, ms: number): Promise<void> {
  if (!isTimer(ms))
    throw new SottoError(
      "timer-invalid",
      `The time must be between ${limits.timerMin / 1000} seconds and a year.`,
    );
  const set = { kind: "set" as const, field: settingFields.timer, value: u64(ms) };
  await change(context, group, set, requireAdmin);
}

/** Sets whether members acknowledge messages. Throws group-role, group-ended, group-full. */
export async function setReceipts(
  context: GroupsContext,
  group: Group,
  on: boolean,
): Promise<void> {
  const value = Uint8Array.of(on ? 1 : 0);
  await change(context, group, { kind: "set", field: settingFields.receipts, value }, requireAdmin);
}

/** Makes a junior an admin, a member or a reader. Throws group-role, -ended, member-unknown. */
export async function setRole(
  context: GroupsContext,
  group: Group,
  member: MemberId,
  role: "admin" | "member" | "reader",
): Promise<void> {
  const target = memberId.bytes(member);
  const cuts = role === "reader" ? cutsOf(group, member) : [];
  const action = { kind: "role" as const, target, role: ROLES[role], cuts };
  await change(context, group, action, (each) => {
    requireAdmin(each);
    requireJunior(each, member);
  });
}

/**
 * Ends the membership of a junior. The same operation announces the keys under which the others go
 * on. Throws group-role, group-ended, member-unknown, group-joining while a key package is lacking.
 */
export async function remove(
  context: GroupsContext,
  group: Group,
  member: MemberId,
): Promise<void> {
  await withKnownOwner(context, group, async () => {
    requireAdmin(group);
    requireJunior(group, member);
    const rest = [...group.state.members.keys()].filter((each) => each !== member);
    const made = makeFor(context, group, rest, "removal");
    if (made === undefined)
      throw new SottoError("group-joining", "The keys of a member are not here yet.");
    const action = {
      ...{ kind: "remove" as const, targets: [memberId.bytes(member)], asOf: [] },
      cuts: cutsOf(group, member),
      announcement: made.announcement,
    };
    await author(context, group, action, [], (op) =>
      made.finish({
        ...{ group: group.row.id, announcement: made.announcement },
        removal: { id: op.id, parents: op.parents },
      }),
    );
  });
}

/** Up to where the messages of a member count: what is here of each of its streams. */
function cutsOf({ sealed }: Group, member: MemberId): GroupCut[] {
  return sealed
    .heads()
    .filter((head) => head.member === member)
    .map(({ stream, upTo, hash }) => ({
      ...{ member: memberId.bytes(member), stream: streamId.bytes(stream) },
      ...{ seq: upTo, hash },
    }));
}

/** Ends our own membership. Throws group-ended. */
export async function leave(context: GroupsContext, group: Group): Promise<void> {
  await change(context, group, { kind: "leave" }, requireMember);
}

/** Ends the group for all. Throws group-role, group-ended. */
export async function dissolve(context: GroupsContext, group: Group): Promise<void> {
  await change(context, group, { kind: "dissolve" }, (each) => {
    if (requireMember(each).role !== "owner")
      throw new SottoError("group-role", "Only the owner of the group can dissolve it.");
  });
}

/** Throws member-unknown, group-role where the member is senior to us. */
export function requireJunior({ row, state }: Group, member: MemberId): void {
  if (!state.members.has(member) || member === row.us)
    throw new SottoError("member-unknown", "There is no such other member in the group.");
  const [own, theirs] = [row.us, member].map((each) => state.judgement.rankOf(each, everything));
  if (own === undefined || !isSenior(own, theirs))
    throw new SottoError("group-role", "This member is senior to you in the group.");
}

/** Authors an operation under the lock of the group, if `check` does not throw. */
async function change(
  context: GroupsContext,
  group: Group,
  action: LaterAction,
  check: (group: Group) => unknown,
): Promise<void> {
  await withKnownOwner(context, group, async () => {
    check(group);
    await author(context, group, action);
  });
}
