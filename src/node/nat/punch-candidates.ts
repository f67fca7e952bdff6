/** Where a hole can lead, of what the other side named. */
import { limits } from "../../base/index.ts";
import type { Endpoint, SignalPayload } from "../../wire/index.ts";
import { addressOf, scopeOf } from "../util/address.ts";
import type { NatDetector } from "./nat-detection.ts";
import { HolePunchError } from "./punch-error.ts";

interface PunchContext {
  readonly nat: NatDetector;
  /** Private addresses count as those of the internet do. */
  readonly privateWan: boolean;
}

/**
 * Selects the peer's endpoints that we may dial and have an endpoint of the same family for. Throws
 * `HolePunchError` if there is none.
 */
export function punchCandidates(
  here: PunchContext,
  { nat, endpoints }: SignalPayload,
  ours: readonly Endpoint[],
): Endpoint[] {
  const sizes = new Set(ours.map(({ ip }) => ip.length));
  // One of each family: whoever names more would have us knock at strangers' doors.
  const common = [16, 4].flatMap((size) => {
    const named = endpoints.find(({ ip }) => ip.length === size);
    return named && sizes.has(size) && mayDial(here, named) ? [named] : [];
  });
  if (common.length > 0) return common;
  if (nat === "symmetric" || here.nat.kind() === "symmetric")
    throw new HolePunchError(
      "symmetric",
      "the other side's router gives each connection another port",
    );
  throw new HolePunchError("refused", "the other side has no address that we could dial");
}

/** Nobody can make us knock at a service, or at a machine in our own network. */
function mayDial({ privateWan }: PunchContext, endpoint: Endpoint): boolean {
  return (
    endpoint.port >= limits.punchPortMin &&
    (privateWan || scopeOf(addressOf(endpoint)) === "public")
  );
}
