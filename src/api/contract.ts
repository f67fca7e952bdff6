/**
 * The contract at run time: the table of methods with their schemas. Loads the schema library, so
 * the command line and other clients import only the types, from index.ts.
 */
export { checkParams, differences } from "./check.ts";
export { allows, allowsRow, isMethod, methods } from "./methods.ts";
export { openRpc } from "./openrpc.ts";
export { followedEvent, nodeEvent } from "./schema/event.ts";
export { rowsOf } from "./scopes.ts";
