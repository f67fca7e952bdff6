/**
 * The dial-back protocol: a node asks another to dial the addresses that it names and to report the
 * results. The other node dials only the requester, and only at the IP address that it sees, so
 * that it cannot be made to dial third parties; and neither its own machine nor ports of services.
 */
import type { Connection } from "@libp2p/interface";
import {
  createRateLimit,
  type DialbackFailure,
  dialbackFailures,
  dialReasons,
  fromUtf8,
  limits,
  utf8,
} from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { reasonOf } from "../connections/dialer.ts";
import type { Host } from "../model/host.ts";
import { handleRequests, sendRequest } from "../streams/request-response.ts";
import { hostOf, parseAddress, subnetOf } from "../util/address.ts";
import type { Counters } from "../util/counters.ts";
import { deadline } from "../util/deadline.ts";
import { DIALBACK_PROTOCOL } from "../util/protocols.ts";

/** The result for an address: reached, not tried (`foreign`, `busy`), or why dialing failed. */
export type DialbackResult = "reached" | "foreign" | "busy" | DialbackFailure;

const RESULTS: ReadonlySet<string> = new Set<DialbackResult>([
  "reached",
  "foreign",
  "busy",
  ...dialbackFailures,
]);

const isResult = (text: string): text is DialbackResult => RESULTS.has(text);

/**
 * Serves dial-back requests.
 * @param all requests of all peers in a minute.
 */
export async function serveDialback(
  host: Host,
  clock: Clock,
  counts: Counters,
  all: number = limits.dialbacks,
): Promise<void> {
  const allowed = createRateLimit(clock, limits.dialbacksPerSubnet, all);
  await handleRequests(host, clock, DIALBACK_PROTOCOL, 1, async (request, connection) => {
    const addresses = parseRequest(request);
    if (addresses === undefined) return undefined;
    const permitted = allowed(subnetOf(connection.remoteAddr));
    if (permitted) counts.dialbacksDone++;
    else counts.dialbacksRefused++;
    const results = await Promise.all(
      addresses.map((text) => (permitted ? dialBack(host, clock, connection, text) : "busy")),
    );
    return utf8(results.join("\n"));
  });
}

/**
 * Asks the peer of a connection to dial these addresses (at most `limits.dialbackAddresses`).
 * `undefined` if it gives no valid answer, such as one with a word that is not a result.
 */
export async function askDialback(
  connection: Connection,
  addresses: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, DialbackResult> | undefined> {
  const request = { protocol: DIALBACK_PROTOCOL, bytes: utf8(addresses.join("\n")) };
  const answer = await sendRequest(connection, clock, request, limits.dialbackTimeout);
  const results = (answer && fromUtf8(answer))?.split("\n");
  if (results?.length !== addresses.length || !results.every(isResult)) return undefined;
  return new Map(results.map((result, i) => [addresses[i] ?? "", result]));
}

function parseRequest(bytes: Uint8Array): string[] | undefined {
  const texts = fromUtf8(bytes)?.split("\n");
  const fits =
    texts !== undefined &&
    texts.length <= limits.dialbackAddresses &&
    texts.every((text) => text.length <= limits.addressLength);
  return fits ? texts : undefined;
}

async function dialBack(
  host: Host,
  clock: Clock,
  { remoteAddr, remotePeer }: Connection,
  text: string,
): Promise<DialbackResult> {
  const address = parseAddress(text);
  if (address === undefined || hostOf(address) !== hostOf(remoteAddr)) return "foreign";
  if (!host.services.internals.mayDialBack(address)) return "foreign";
  const before = new Set(host.getConnections().map(({ id }) => id));
  const limit = deadline(clock, limits.dialbackTimeout / 2);
  try {
    const found = await host.dial(address, { signal: limit.signal });
    const answered = found.remotePeer.equals(remotePeer);
    if (!before.has(found.id)) void found.close().catch(() => undefined);
    return answered ? "reached" : dialReasons.otherHost;
  } catch (error) {
    const reason = reasonOf(error);
    return dialbackFailures.find((each) => each === reason) ?? "failed";
  } finally {
    limit.clear();
  }
}
