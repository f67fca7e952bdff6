/** The node and its account. */
import type { NodeMethods } from "../../api/index.ts";
import { nothing } from "./checks.ts";
import type { DispatchParts, Handlers, Schemas } from "./shape.ts";

export const nodeSchemas: Schemas<NodeMethods> = {
  "node.status": nothing,
  "node.stop": nothing,
  "account.show": nothing,
};

export function nodeHandlers({ messenger, status, stop }: DispatchParts): Handlers<NodeMethods> {
  return {
    "node.status": status,
    "node.stop": () => {
      stop();
      return { stopping: true };
    },
    "account.show": () => messenger.self(),
  };
}
