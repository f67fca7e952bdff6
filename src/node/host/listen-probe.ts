/** Whether a node could listen on its addresses, and the error if it cannot. */
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { SottoError } from "../../base/index.ts";

/**
 * Listens on the addresses as a node does, and stops at once; no connection is made or accepted.
 * Throws `port-in-use` or `listen-failed`, which name the address.
 * @param addresses multiaddr texts.
 */
export async function probeListen(addresses: readonly string[]): Promise<void> {
  const host = await createLibp2p({
    start: false,
    addresses: { listen: [...addresses] },
    transports: [tcp()],
  });
  try {
    await host.start();
  } catch (error) {
    throw listenError(error, addresses);
  } finally {
    await host.stop();
  }
}

/** The error of a host that could not listen on all of its addresses: which one, and why. */
export function listenError(error: unknown, addresses: readonly string[]): SottoError {
  const text = error instanceof Error ? error.message : "";
  // libp2p reports all addresses in one text: "\n  ADDRESS: STACK" for each.
  const failed = (address: string, mark: string): boolean => {
    const [, after = ""] = text.split(`  ${address}: `);
    return after.split("\n", 1).join("").includes(mark);
  };
  const taken = addresses.find((address) => failed(address, "EADDRINUSE"));
  if (taken !== undefined)
    return new SottoError("port-in-use", `Another program listens on ${taken}.`, { cause: error });
  const named = addresses.filter((address) => text.includes(`  ${address}: `));
  const reasons = [
    ["EADDRNOTAVAIL", ": this machine has no such address"],
    ["EACCES", ": the system does not permit that port; choose one above 1023"],
  ] as const;
  const why = reasons.find(([mark]) => named.some((address) => failed(address, mark)))?.[1] ?? "";
  const where = named.join(", ") || "any address";
  return new SottoError("listen-failed", `Could not listen on ${where}${why}.`, { cause: error });
}
