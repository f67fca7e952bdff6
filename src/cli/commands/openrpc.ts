/** `sotto openrpc`: prints the API as an OpenRPC document; needs no node. */
import { joined } from "../../base/index.ts";
import type { Define } from "../runtime/context.ts";

export const define: Define = (command, { out }) => {
  command.action(async () => {
    const { openRpc } = await import("../../api/contract.ts");
    const document = await openRpc();
    out.data(joined(JSON.stringify(document, null, 2).split("\n"), "\n"), document);
  });
};
