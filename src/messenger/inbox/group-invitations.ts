/**
 * Actions of contacts about groups, kept on disk until the groups of this node have dealt with
 * them: an invitation, its answer, or a welcome concern a group, which has a lock of its own.
 */
import type { AccountId } from "../../base/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { InvitationAction } from "../../wire/index.ts";
import type { Contact } from "../model/contact.ts";
import type { PairConversation } from "../model/conversation.ts";
import { encodeRow, put, rowKey } from "../model/rows.ts";

/** An action about a group as it is kept. */
export interface KeptInvitation {
  readonly from: AccountId;
  /** Where it is kept: the ref of the pair's conversation, and a position in it. */
  readonly ref: string;
  readonly at: number;
  readonly body: InvitationAction;
}

export const invitationKey = ({ ref, at }: Pick<KeptInvitation, "ref" | "at">) =>
  rowKey("group-action", ref, at);

/** What a batch of incoming messages needs to keep one. */
interface Keeping {
  readonly contact: Contact;
  conversation: PairConversation;
  readonly ops: StoreOp[];
  invited: boolean;
}

/** Keeps an action about a group in the batch at hand. */
export function keepInvitation(taking: Keeping, body: InvitationAction): void {
  const { contact, conversation } = taking;
  const { ref, nextAt: at } = conversation;
  const kept: KeptInvitation = { from: contact.account, ref, at, body };
  taking.ops.push(put(invitationKey(kept), encodeRow(kept)));
  taking.conversation = { ...conversation, nextAt: at + 1 };
  taking.invited = true;
}
