/** Connects to a host directly and, shortly after, by hole punching in parallel. */
import { holeFailures, limits, Unreachable } from "../../base/index.ts";
import type { Clock, DialTarget } from "../../ports/index.ts";
import { type DialedLink, dialLink, openLink } from "../connections/dialer.ts";
import type { Host } from "../model/host.ts";
import type { HolePuncher } from "../nat/hole-punching.ts";
import { HolePunchError } from "../nat/punch-error.ts";
import { deadline, delay } from "../util/deadline.ts";

export interface ConnectOptions {
  readonly host: Host;
  readonly clock: Clock;
  /** Absent behind a proxy, where hole punching is off. */
  readonly puncher: HolePuncher | undefined;
}

/**
 * Opens a link stream. Throws `peer-unreachable`; its message gives the reason for each address and
 * for the failed hole punch.
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
  const directOnly = target.scope === "lan" || peer === host.peerId.toString();
  if (peer === undefined || seal === undefined || directOnly)
    return dialLink(host, clock, target, timeout, signal);
  const directLimit = deadline(clock, timeout, signal);
  const punchLimit = deadline(clock, timeout, signal);
  const failed = new AbortController();
  const known = new Set(host.getConnections().map(({ id }) => id));
  const direct = dialLink(host, clock, target, timeout, directLimit.signal);
  direct.catch(() => failed.abort());
  const punched = (async (): Promise<DialedLink> => {
    await delay(clock, limits.punchDelay, failed.signal);
    punchLimit.signal.throwIfAborted();
    const connection = await puncher.connect(peer, seal, known, punchLimit.signal);
    return { connection, stream: await openLink(connection, punchLimit.signal) };
  })();
  // The first to succeed aborts the other and what it may have opened by then.
  direct.then(punchLimit.abort, () => undefined);
  punched.then(directLimit.abort, () => undefined);
  try {
    const reached = await Promise.any([direct, punched]);
    const drop = (late: DialedLink): void => {
      if (late !== reached) late.stream.abort(new Error("another attempt was faster"));
    };
    for (const attempt of [direct, punched]) void attempt.then(drop, () => undefined);
    return reached;
  } catch (error) {
    const [unreachable, punchError] = error instanceof AggregateError ? error.errors : [error];
    if (!(unreachable instanceof Unreachable) || !(punchError instanceof HolePunchError))
      throw unreachable;
    const { remedy } = holeFailures[punchError.reason];
    const text =
      `${unreachable.message.replace(/\.$/, "")}; hole punching failed as well ` +
      `(${punchError.message}). ${remedy}`;
    throw new Unreachable(text, unreachable.failures, {
      why: punchError.reason,
      theirs: punchError.theirs,
    });
  } finally {
    directLimit.clear();
    punchLimit.clear();
  }
}
