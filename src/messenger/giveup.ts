/** Messages that will not be sent any more: by the person's word, or because their time is over. */
import type { StoreOp } from "../ports/index.ts";
import { dropEntry, putContact } from "./book.ts";
import { type Core, inTurn } from "./core.ts";
import { messageHappened } from "./happening.ts";
import { type MessageRow, messageKey, messageView, putMessage } from "./message.ts";
import type { OutboxEntry, Peer } from "./peer.ts";
import { settledUpTo } from "./receipts.ts";
import { decodeRow } from "./rows.ts";

/** Settles entries as failed: by the person's word, or because their time is over. */
export async function giveUp(
  core: Core,
  peer: Peer,
  which: (row: MessageRow, entry: OutboxEntry) => boolean,
): Promise<void> {
  await inTurn(core, peer, async () => {
    const { contact } = peer;
    const ops: StoreOp[] = [];
    const failed: { at: number; row: MessageRow }[] = [];
    for (const entry of peer.outbox.values()) {
      const { at } = entry;
      const bytes = await core.store.get(messageKey(contact.ref, at));
      if (bytes === undefined) continue;
      const row = decodeRow<MessageRow>(bytes);
      if (!which(row, entry)) continue;
      failed.push({ at, row: { ...row, state: "failed" } });
      ops.push(
        dropEntry(contact.ref, at),
        putMessage(contact.ref, at, { ...row, state: "failed" }),
      );
    }
    if (failed.length === 0) return;
    const gone = new Set(failed.map(({ at }) => at));
    const next = { ...contact, settled: settledUpTo(contact, peer.outbox.values(), gone) };
    const { ref, account } = contact;
    const happened = failed.map(({ at, row }) =>
      messageHappened("message.state", ref, messageView(account, at, row, false)),
    );
    const tell = await core.journal.commit([...ops, putContact(next)], happened);
    peer.contact = next;
    for (const { at } of failed) peer.outbox.delete(at);
    tell();
  });
}
