/** The contract between a node and every face: methods, events, errors, paths, and the client. */
export { type Client, createClient } from "./client.ts";
export type { Connection } from "./connection.ts";
export { fromRpcError, type RpcError, toRpcError } from "./errors.ts";
export { accountOf, type EventType, eventTypes, type NodeEvent } from "./events.ts";
export { type LineSplitter, lineSplitter, tooLong } from "./lines.ts";
export type {
  MethodName,
  Methods,
  Nothing,
  Params,
  Result,
  SendParams,
  SendResult,
  SendWait,
} from "./methods.ts";
export { type Paths, resolvePaths, type Surroundings } from "./paths.ts";
export { version } from "./version.ts";
export type {
  Account,
  Bootstrap,
  Contact,
  Invite,
  Message,
  MessageState,
  NewInvite,
  NodeStatus,
  Pairing,
  Peer,
} from "./views.ts";
