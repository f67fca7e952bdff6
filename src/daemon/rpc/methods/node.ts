/** The `node.*` and `account.*` methods. */
import * as v from "valibot";
import type { NodeMethods } from "../../../api/index.ts";
import type { Controls, DispatchParts, Handlers, Schemas } from "./method-types.ts";
import { nothing, secret } from "./param-schemas.ts";

/** The methods that a locked node answers. */
type LockedMethods = Pick<NodeMethods, "node.state" | "node.lock" | "node.unlock" | "node.stop">;

const maybeSecret = v.strictObject({ passphrase: v.optional(secret) });

export const nodeSchemas: Schemas<NodeMethods> = {
  "node.state": nothing,
  "node.status": nothing,
  "node.lock": nothing,
  "node.unlock": maybeSecret,
  "node.stop": nothing,
  "account.show": nothing,
  "account.words": maybeSecret,
};

export function lockedHandlers(controls: Controls): Handlers<LockedMethods> {
  return {
    "node.state": controls.state,
    "node.lock": async () => {
      await controls.lock();
      return controls.state();
    },
    "node.unlock": async ({ passphrase }) => {
      await controls.unlock(passphrase);
      return controls.state();
    },
    "node.stop": () => {
      controls.stop();
      return { stopping: true };
    },
  };
}

export function nodeHandlers(parts: DispatchParts): Handlers<NodeMethods> {
  const { messenger, controls, status, words } = parts;
  return {
    ...lockedHandlers(controls),
    "node.status": status,
    "account.show": () => messenger.self(),
    "account.words": async ({ passphrase }) => {
      await controls.prove(passphrase);
      return { words: await words() };
    },
  };
}
