/** Protection and integrity of the store. */
import type { KeyProtection, NodeState, StoreReport } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

/** The new protection of the database key. */
export type NewKeyProtection =
  | { readonly kind: "passphrase"; readonly passphrase: string }
  | { readonly kind: Exclude<KeyProtection, "passphrase"> };

export interface StoreMethods {
  /** Changes the protection of the database key. `current` is the present passphrase. */
  "store.protect": Method<
    { readonly current?: string | undefined; readonly next: NewKeyProtection },
    NodeState
  >;
  /** Reads every row. */
  "store.check": Method<Nothing, StoreReport>;
}
