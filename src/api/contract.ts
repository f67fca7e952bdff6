/**
 * The contract at run time: the table of methods with their schemas. Loads the schema library, so
 * the command line and other clients import only the types, from index.ts.
 */
export { checkParams, differences } from "./check.ts";
export { generalErrors } from "./methods/errors.ts";
export { allows, allowsRow, isMethod, mayAnswer, methods } from "./methods.ts";
export { openRpc } from "./openrpc.ts";
export { followedEvent, nodeEvent } from "./schema/event.ts";
export { rowsOf } from "./scopes.ts";
