/** A contact's policy as it is typed. */
import type { Policy } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";

/** Throws `usage`. */
export function policyOf(word: string): Policy {
  if (word === "any" || word === "lan" || word === "hidden") return word;
  throw new SottoError("usage", "A policy is any, lan or hidden.");
}
