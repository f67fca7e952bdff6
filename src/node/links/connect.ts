/**
 * Reaching a host in whichever way works: directly, and soon beside that through a hole in both
 * routers.
 */
import { limits, Unreachable } from "../../base/index.ts";
import type { Clock, DialTarget } from "../../ports/index.ts";
import { type DialedLink, dialLink, openLink } from "../connections/dialer.ts";
import type { PunchReason } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import type { HolePuncher } from "../nat/hole-punching.ts";
import { HolePunchError } from "../nat/punch-error.ts";
import { deadline, delay } from "../util/deadline.ts";

export interface ConnectOptions {
  readonly host: Host;
  readonly clock: Clock;
  /** Absent where everything goes through a proxy, which makes no holes. */
  readonly puncher: HolePuncher | undefined;
}

/** What a person can do about it. */
const remedies: Record<PunchReason, string> = {
  symmetric:
    "One of you needs an open port: forward one on the router and start with --listen " +
    "/ip4/0.0.0.0/tcp/PORT, or use IPv6, or one network.",
  "no-signal": "Both of you need one bootstrap host in common: sotto net bootstrap add ADDRESS.",
  refused: "The other side has to be online with the same bootstrap host, and to know you still.",
  "timed out":
    "Forward a port on one of the routers and start with --listen /ip4/0.0.0.0/tcp/PORT, " +
    "or use IPv6, or one network.",
};

/**
 * Opens a link stream. Throws `peer-unreachable`, whose message gives each address and its reason,
 * and why no hole was made.
 * @param timeout ms for all of it.
 */
export async function connect(
  { host, clock, puncher }: ConnectOptions,
  target: DialTarget,
  timeout: number,
  signal: AbortSignal,
): Promise<DialedLink> {
  const { host: peer, seal } = target;
  if (puncher === undefined) return dialLink(host, clock, target, timeout, signal, true);
  const alone = target.scope === "lan" || peer === host.peerId.toString();
  if (peer === undefined || seal === undefined || alone)
    return dialLink(host, clock, target, timeout, signal);
  const plain = deadline(clock, timeout, signal);
  const hidden = deadline(clock, timeout, signal);
  const failed = new AbortController();
  const direct = dialLink(host, clock, target, timeout, plain.signal);
  direct.catch(() => failed.abort());
  const punched = (async (): Promise<DialedLink> => {
    await delay(clock, limits.punchDelay, failed.signal);
    hidden.signal.throwIfAborted();
    const connection = await puncher.connect(peer, seal, hidden.signal);
    return { connection, stream: await openLink(connection, hidden.signal) };
  })();
  // Whoever comes first ends the other, and what it may have opened by then.
  direct.then(hidden.abort, () => undefined);
  punched.then(plain.abort, () => undefined);
  try {
    const reached = await Promise.any([direct, punched]);
    const drop = (late: DialedLink): void => {
      if (late !== reached) late.stream.abort(new Error("another way was faster"));
    };
    for (const way of [direct, punched]) void way.then(drop, () => undefined);
    return reached;
  } catch (error) {
    const [why, hole] = error instanceof AggregateError ? error.errors : [error];
    if (!(why instanceof Unreachable) || !(hole instanceof HolePunchError)) throw why;
    const remedy = remedies[hole.reason];
    const text =
      `${why.message.replace(/\.$/, "")}, nor a hole through the routers ` +
      `(${hole.message}). ${remedy}`;
    throw new Unreachable(text, why.failures, { why: hole.reason, theirs: hole.theirs });
  } finally {
    plain.clear();
    hidden.clear();
  }
}
