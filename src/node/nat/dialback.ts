/**
 * Asking others whether they can reach us: they dial the addresses that we name, and tell what came
 * of it. They dial nobody but the one who asks, at the IP address that they see, so that no one can
 * be made to knock at a stranger's door.
 */
import type { Connection } from "@libp2p/interface";
import { dialReasons, fromUtf8, limits, utf8 } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { reasonOf } from "../connections/dialer.ts";
import type { Host } from "../model/host.ts";
import { handleRequests, sendRequest } from "../streams/request-response.ts";
import { hostOf, parseAddress, subnetOf } from "../util/address.ts";
import type { Counters } from "../util/counters.ts";
import { deadline } from "../util/deadline.ts";
import { DIALBACK_PROTOCOL } from "../util/protocols.ts";
import { createRateLimit } from "../util/rate-limit.ts";

/** The answer for an address: reached, not tried, or in a few words why it was not reached. */
export type DialbackResult = "reached" | "foreign" | "busy" | (string & {});

/** Dials back for others from now on. @param all requests of everybody in a minute. */
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
    const free = allowed(subnetOf(connection.remoteAddr));
    if (free) counts.dialbacksDone++;
    else counts.dialbacksRefused++;
    const verdicts = await Promise.all(
      addresses.map((text) => (free ? dialBack(host, clock, connection, text) : "busy")),
    );
    return utf8(verdicts.join("\n"));
  });
}

/**
 * Asks the host of a connection to dial these addresses (at most `limits.dialbackAddresses`).
 * `undefined` where it gave no sound answer.
 */
export async function askDialback(
  connection: Connection,
  addresses: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, DialbackResult> | undefined> {
  const question = { protocol: DIALBACK_PROTOCOL, bytes: utf8(addresses.join("\n")) };
  const answer = await sendRequest(connection, clock, question, limits.dialbackTimeout);
  const verdicts = (answer && fromUtf8(answer))?.split("\n");
  if (verdicts?.length !== addresses.length) return undefined;
  return new Map(addresses.map((address, i) => [address, (verdicts[i] as string).slice(0, 64)]));
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
  const before = new Set(host.getConnections().map(({ id }) => id));
  const limit = deadline(clock, limits.dialbackTimeout / 2);
  try {
    const found = await host.dial(address, { signal: limit.signal });
    const answered = found.remotePeer.equals(remotePeer);
    if (!before.has(found.id)) void found.close().catch(() => undefined);
    return answered ? "reached" : dialReasons.otherHost;
  } catch (error) {
    return reasonOf(error);
  } finally {
    limit.clear();
  }
}
