/** The `store.*` methods. */
import type { StoreMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function storeHandlers({ controls, check }: DispatchParts): Handlers<StoreMethods> {
  return {
    "store.protect": async ({ current, next }) => {
      await controls.protect(current, next);
      return controls.state();
    },
    "store.check": check,
  };
}
