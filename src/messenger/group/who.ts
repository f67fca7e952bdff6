/** Which members have a message of ours, by what each of them has proven. */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { GroupReachView } from "../../model/index.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import type { GroupViewer } from "../group-state/group-views.ts";
import type { Proof } from "../group-state/streams.ts";
import { type MessageRow, messageKey } from "../model/message.ts";
import { decodeRow } from "../model/rows.ts";
import { requireById } from "../state/message-store.ts";

/**
 * See `GroupsApi.who`. Members that came after the message was sealed have proven nothing of it.
 * @param who the conversation, where the id is in several.
 */
export async function whoHas(
  context: GroupsContext,
  viewer: GroupViewer,
  id: MessageId,
  who: string | undefined,
): Promise<GroupReachView[]> {
  const which = { direction: "out" as const, ...(who === undefined ? {} : { who }) };
  const { owner, at } = await requireById(context, id, which);
  const group = owner.kind === "group" ? context.groups.byRef(owner.row.ref) : undefined;
  if (group === undefined)
    throw new SottoError("message-unknown", "This message is not in a group.");
  const bytes = await context.store.get(messageKey(group.row.conversation.ref, at));
  const { stream, sequence } = decodeRow<MessageRow>(bytes ?? new Uint8Array());
  const proofs: Readonly<Record<string, Proof>> =
    stream === undefined ? {} : group.streams.own(stream).proofs;
  return viewer
    .members(group)
    .filter(({ own }) => !own)
    .map(({ member, account, name, contact }) => ({
      ...{ member, account, name },
      ...(contact !== undefined && { contact }),
      state: stateOf(proofs[member], sequence),
    }));
}

function stateOf(proof: Proof | undefined, seq: number): GroupReachView["state"] {
  if (proof === undefined || seq === 0) return "none";
  if (proof.readUpTo >= seq) return "read";
  if (proof.upTo >= seq) return "delivered";
  return proof.held >= seq ? "held" : "none";
}
