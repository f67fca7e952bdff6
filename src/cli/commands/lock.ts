/** sotto lock: the node forgets its key and its messages until it is unlocked. */
import type { Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  command.action(async () => {
    const state = await context.call("node.lock", {});
    context.out.data("Locked: off the network, store closed. Open it again: sotto unlock", state);
  });
};
