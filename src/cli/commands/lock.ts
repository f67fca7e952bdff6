/** `sotto lock`: closes the store and the network and wipes the key until `sotto unlock`. */
import type { Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  command.action(async () => {
    const state = await context.call("node.lock", {});
    context.out.data("Locked: offline, store closed. Unlock it: sotto unlock", state);
  });
};
