/** The node itself, and the account that lives in it. */
import type { Account, NodeState, NodeStatus } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

export interface NodeMethods {
  /**
   * Answered also by a locked node, as `node.unlock` and `node.stop` are; everything else needs an
   * open one.
   */
  "node.state": Method<Nothing, NodeState>;
  "node.status": Method<Nothing, NodeStatus>;
  /** Stops messenger and network, closes the store and forgets its key; only this socket stays. */
  "node.lock": Method<Nothing, NodeState>;
  /** Opens a locked node again. `passphrase` where one guards the store. */
  "node.unlock": Method<{ readonly passphrase?: string | undefined }, NodeState>;
  "node.stop": Method<Nothing, { readonly stopping: true }>;
  "account.show": Method<Nothing, Account>;
  /**
   * The 24 words that bring the account back. `passphrase` where one guards the store: it is asked
   * for again.
   */
  "account.words": Method<{ readonly passphrase?: string | undefined }, { readonly words: string }>;
}
