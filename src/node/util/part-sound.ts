/** Addresses that a person wrote, as they are checked at the start. */
import type { Multiaddr } from "@multiformats/multiaddr";
import { SottoError } from "../../base/index.ts";
import { parseAddress } from "./address.ts";

/** The addresses as they are. Throws `address-invalid` for one that cannot be used. */
export function sound(texts: readonly string[], fits: (address: Multiaddr) => boolean): string[] {
  for (const text of texts) {
    const address = parseAddress(text);
    if (address === undefined || !fits(address))
      throw new SottoError("address-invalid", `This address cannot be used: ${text}`);
  }
  return [...texts];
}
