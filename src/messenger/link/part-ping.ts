/** How long a live link takes to say that it lives. */
import { limits } from "../../base/index.ts";
import { encodeLinkFrame } from "../../wire/index.ts";
import type { Ping } from "../model/messenger-api.ts";
import type { Peer } from "../model/peer.ts";
import { within } from "../model/timeout.ts";
import { post } from "../outbox/outbox.ts";
import type { Core } from "../state/context.ts";

/** See `Messenger.ping`. */
export async function ping({ clock }: Core, { link }: Peer): Promise<Ping> {
  if (link === undefined) return { outcome: "no-link" };
  const sentAt = clock.now();
  let heard = (): void => undefined;
  const answered = new Promise<number>((resolve) => {
    heard = () => resolve(clock.now());
    link.pings.add(heard);
  });
  void post(link, [encodeLinkFrame({ type: "ping" })]);
  const at = await within(clock, limits.stepTimeout, answered, () => undefined);
  link.pings.delete(heard);
  if (at === undefined) return { outcome: "silent" };
  // A clock that was set back meanwhile tells nothing.
  return { outcome: "answered", rttMs: Math.max(0, at - sentAt) };
}
