/** The accounts that an organisation lets its nodes link with, where it keeps a list. */
import { type AccountId, SottoError } from "../../base/index.ts";
import type { MessengerPorts } from "./ports.ts";

type List = Pick<MessengerPorts, "allow">;

/** Whether this account may be linked with. Who may not meets what a stranger meets, and nothing of them is kept. */
export function allowed({ allow }: List, account: AccountId): boolean {
  return allow === undefined || allow.has(account);
}

/** Throws `contact-not-allowed`. */
export function requireAllowed(list: List, account: AccountId): void {
  if (!allowed(list, account))
    throw new SottoError(
      "contact-not-allowed",
      "The settings of this node let it link with some accounts alone, and this is none of them.",
    );
}
