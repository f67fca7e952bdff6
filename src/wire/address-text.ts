/** The outer form of a multiaddr text on the wire. */
import { limits } from "../base/index.ts";

/**
 * Whether a text has the outer form of an address: a slash and up to `limits.addressLength - 1`
 * more printable ASCII characters without spaces. The transport parses it before it dials it.
 */
export function isAddressText(text: string): boolean {
  return text.length <= limits.addressLength && /^\/[!-~]+$/.test(text);
}
