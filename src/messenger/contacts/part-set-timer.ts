/** The person sets how long messages of a conversation stay, for both sides. */
import { limits, SottoError } from "../../base/index.ts";
import { isTimer } from "../../wire/index.ts";
import { timerNotice, withTimer } from "../model/part-timer.ts";
import type { Peer } from "../model/peer.ts";
import type { ContactView } from "../model/views.ts";
import { commit, enqueueAct, openBatch } from "../outbox/outgoing-batch.ts";
import { checkPeer } from "../outbox/send.ts";
import { type Core, inTurn } from "../state/context.ts";
import { contactHappened } from "../state/store-events.ts";

/** See `Messenger.setTimer`. */
export async function setTimer(core: Core, peer: Peer, ms: number): Promise<ContactView> {
  if (!isTimer(ms))
    throw new SottoError(
      "timer-invalid",
      `Messages stay between ${limits.timerMin / 1000} seconds and a year.`,
    );
  checkPeer(peer);
  const view = await inTurn(core, peer, async () => {
    if ((peer.contact.timer?.ms ?? 0) === ms) return core.book.view(peer);
    const batch = openBatch(core, peer, 0);
    const { at, ...envelope } = enqueueAct(core, batch, { kind: "timer", ms });
    batch.contact = withTimer(batch.contact, envelope, ms);
    batch.changes.set(at, timerNotice("out", envelope, ms), "new");
    const happened = [contactHappened(core, peer, batch.contact)];
    await commit(core, peer, batch, happened);
    return core.book.view(peer);
  });
  if (view === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  return view;
}
