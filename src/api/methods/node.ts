/** The node and its account. */
import type { Account, NodeState, NodeStatus } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

export interface NodeMethods {
  /** Also works on a locked node, like `node.unlock` and `node.stop`; other methods do not. */
  "node.state": Method<Nothing, NodeState>;
  "node.status": Method<Nothing, NodeStatus>;
  /** Stops the network, closes the store and wipes its key; only this socket stays open. */
  "node.lock": Method<Nothing, NodeState>;
  /** Unlocks a locked node; `passphrase` if one protects the database key. */
  "node.unlock": Method<{ readonly passphrase?: string | undefined }, NodeState>;
  "node.stop": Method<Nothing, { readonly stopping: true }>;
  "account.show": Method<Nothing, Account>;
  /** The 24-word recovery phrase; `passphrase` if one protects the database key. */
  "account.words": Method<{ readonly passphrase?: string | undefined }, { readonly words: string }>;
}
