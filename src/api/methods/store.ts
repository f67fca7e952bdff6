/** The store of the node: what guards it, and whether it is whole. */
import type { Guard, NodeState, StoreReport } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

/** What is to guard the store's key. */
export type NewGuard =
  | { readonly kind: "passphrase"; readonly passphrase: string }
  | { readonly kind: Exclude<Guard, "passphrase"> };

export interface StoreMethods {
  /** Gives the store's key another guard. `current` is the passphrase that guards it now. */
  "store.protect": Method<
    { readonly current?: string | undefined; readonly next: NewGuard },
    NodeState
  >;
  /** Reads every row. */
  "store.check": Method<Nothing, StoreReport>;
}
