/** Selects which of the peer's endpoints are dialed in a hole punch. */
import { limits } from "../../base/index.ts";
import type { Endpoint, SignalPayload } from "../../wire/index.ts";
import { addressOf, scopeOf } from "../util/address.ts";
import type { NatDetector } from "./nat-detection.ts";
import { HolePunchError } from "./punch-error.ts";

interface PunchContext {
  readonly nat: NatDetector;
  /** Whether private addresses count like public ones. */
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
  // One per address family: otherwise a peer could make us dial third parties.
  const common = [16, 4].flatMap((size) => {
    const named = endpoints.find(({ ip }) => ip.length === size);
    return named && sizes.has(size) && mayDial(here, named) ? [named] : [];
  });
  if (common.length > 0) return common;
  if (nat === "symmetric" || here.nat.kind() === "symmetric")
    throw new HolePunchError(
      "symmetric",
      "the peer's router uses a different port for each connection",
    );
  throw new HolePunchError("refused", "the peer has no address that can be dialed");
}

/**
 * Excludes ports of services and, outside private meshes, hosts of our own network, which a peer
 * could otherwise make us dial.
 */
function mayDial({ privateWan }: PunchContext, endpoint: Endpoint): boolean {
  return (
    endpoint.port >= limits.punchPortMin &&
    (privateWan || scopeOf(addressOf(endpoint)) === "public")
  );
}
