/** The API about itself. */
import { json } from "../schema/fields.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

export const rpcMethods = {
  "rpc.discover": method({
    row: "every",
    summary:
      "This API as an OpenRPC 1.3 document: every method with the schemas of its parameters and " +
      "its result. Also answered by a locked node.",
    errors: [],
    params: nothing,
    result: json("An OpenRPC document."),
    example: {},
  }),
};

export type RpcMethods = MethodTypes<typeof rpcMethods>;
