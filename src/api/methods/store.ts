/** Protection and integrity of the store. */
import { type Infer, object, oneOf, only, optional, secret, variant } from "../schema/fields.ts";
import { nodeState, storeReport } from "../schema/node.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

const newProtection = variant("kind", [
  object({ kind: only("passphrase"), passphrase: secret() }),
  object({ kind: oneOf(["key-file", "keychain"]) }),
]);

/** The new protection of the database key. */
export type NewKeyProtection = Infer<typeof newProtection>;

export const storeMethods = {
  "store.protect": method({
    row: "admin",
    summary: "Changes the protection of the database key.",
    errors: [
      "passphrase-needed",
      "passphrase-wrong",
      "passphrase-weak",
      "keyring-damaged",
      "store-key-missing",
      "keychain-missing",
      "keychain-locked",
      "lock-refused",
    ],
    params: object({
      current: optional(secret("The present passphrase, if there is one.")),
      next: newProtection,
    }),
    result: nodeState,
    example: { next: { kind: "passphrase", passphrase: "several random words here" } },
  }),
  "store.check": method({
    row: "manage",
    summary: "Reads every row of the store.",
    errors: [],
    params: nothing,
    result: storeReport,
    example: {},
  }),
};

export type StoreMethods = MethodTypes<typeof storeMethods>;
