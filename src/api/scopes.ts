/** Scopes: which methods a connection may call. A scope is a set of rows of methods. */
import { never } from "../base/index.ts";

/** The rows of the table of scopes; each method is in exactly one. */
export type Row = "every" | "post" | "read" | "send" | "manage" | "admin";

/** What a connection may do; `admin` is an unrestricted connection of the unix socket. */
export type Scope = Exclude<Row, "every">;

/** The rows of a scope. */
export function rowsOf(scope: Scope): readonly Row[] {
  switch (scope) {
    case "post":
      return ["every", "post"];
    case "read":
      return ["every", "read"];
    case "send":
      return ["every", "read", "post", "send"];
    case "manage":
      return ["every", "read", "post", "send", "manage"];
    case "admin":
      return ["every", "read", "post", "send", "manage", "admin"];
    default:
      return never(scope);
  }
}
