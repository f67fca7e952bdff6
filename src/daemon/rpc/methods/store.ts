/** The `store.*` methods. */
import * as v from "valibot";
import type { StoreMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers, Schemas } from "./method-types.ts";
import { nothing, secret } from "./param-schemas.ts";

export const storeSchemas: Schemas<StoreMethods> = {
  "store.protect": v.strictObject({
    current: v.optional(secret),
    next: v.variant("kind", [
      v.strictObject({ kind: v.literal("passphrase"), passphrase: secret }),
      v.strictObject({ kind: v.picklist(["key-file", "keychain"]) }),
    ]),
  }),
  "store.check": nothing,
};

export function storeHandlers({ controls, check }: DispatchParts): Handlers<StoreMethods> {
  return {
    "store.protect": async ({ current, next }) => {
      await controls.protect(current, next);
      return controls.state();
    },
    "store.check": check,
  };
}
