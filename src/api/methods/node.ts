/** The node itself, and the account that lives in it. */
import type { Account, NodeStatus } from "../views.ts";
import type { Method, Nothing } from "./shape.ts";

export interface NodeMethods {
  "node.status": Method<Nothing, NodeStatus>;
  "node.stop": Method<Nothing, { readonly stopping: true }>;
  "account.show": Method<Nothing, Account>;
}
