/** Notices when the home of a running node, or its socket, is no longer there. */
import { limits, SottoError } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { Lock } from "../../store/index.ts";
import type { LocalSocket } from "../rpc/unix-socket.ts";

export interface WatchHomeOptions {
  readonly lock: Pick<Lock, "isHeld">;
  /** The socket of the node, if it has one. */
  readonly socket?: Pick<LocalSocket, "restore">;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once, with `home-lost`, when the directory was deleted, moved or replaced. */
  readonly lost: (fault: SottoError) => void;
}

/**
 * Looks every `limits.homePoll`. Without its home a node writes files that no one can find. A
 * socket whose directory alone was deleted, as by a logout, is made again as soon as that is
 * possible: the node continues until then, because it can still exchange messages.
 * @returns ends this.
 */
export function watchHome({ lock, socket, clock, log, lost }: WatchHomeOptions): () => void {
  let ended = false;
  let failing = false;
  const look = async (): Promise<void> => {
    const isHeld = await lock.isHeld();
    if (ended) return;
    if (!isHeld) {
      const message = "The home directory was deleted, moved or replaced while the node ran.";
      return lost(new SottoError("home-lost", message));
    }
    try {
      if (await socket?.restore()) log("socket.restored");
      failing = false;
    } catch (error) {
      const code = error instanceof SottoError ? error.code : "internal";
      if (!failing) log("socket-failed", { code });
      failing = true;
    }
    if (!ended) cancel = clock.after(limits.homePoll, look);
  };
  let cancel = clock.after(limits.homePoll, look);
  return () => {
    ended = true;
    cancel();
  };
}
