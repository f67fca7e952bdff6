/** The `node.*` and `account.*` methods. */
import type { NodeMethods } from "../../../api/index.ts";
import type { Controls, DispatchParts, Handlers } from "./method-types.ts";

/** The methods that a locked node answers. */
type LockedMethods = Pick<NodeMethods, "node.state" | "node.lock" | "node.unlock" | "node.stop">;

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
