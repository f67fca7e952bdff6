/** The `rpc.*` methods. */
import { openRpc } from "../../../api/contract.ts";
import type { RpcMethods } from "../../../api/index.ts";
import type { Handlers } from "./method-types.ts";

export const rpcHandlers: Handlers<RpcMethods> = {
  "rpc.discover": async () => ({ ...(await openRpc()) }),
};
