/** Controls of a node by hand, which note what they are asked. */
import type { NodeState } from "../../src/api/index.ts";
import type { Controls } from "../../src/daemon/rpc/methods/method-types.ts";

export const state: NodeState = {
  version: "x",
  pid: 1,
  startedAt: 0,
  state: "open",
  protection: "passphrase",
  home: "/home",
};

export function fakeControls(): Controls & { readonly asked: unknown[][] } {
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    async (...args: unknown[]): Promise<void> =>
      void asked.push([name, ...args]);
  return {
    asked,
    state: () => state,
    lock: note("lock"),
    unlock: note("unlock"),
    prove: note("prove"),
    protect: note("protect"),
    stop: () => void asked.push(["stop"]),
  };
}
