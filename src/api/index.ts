/** The contract between a node and its clients: methods, events, errors, paths, and a client. */
export { type Client, createClient } from "./client.ts";
export type { Connection } from "./connection.ts";
export { fromRpcError, ParamsInvalid, type RpcError, toRpcError } from "./errors.ts";
export {
  type EventType,
  eventTypes,
  type FollowedEvent,
  type FollowedType,
  type Follower,
  followedTypes,
  type NodeEvent,
  refOf,
} from "./events.ts";
export { type FollowOptions, follow } from "./follow.ts";
export { type LineSplitter, lineSplitter, tooLong } from "./line-splitter.ts";
export type { Audit, AuditMethods, Scan, Sought } from "./methods/audit.ts";
export type { BackupMade, BackupMethods } from "./methods/backup.ts";
export type { ContactMethods } from "./methods/contact.ts";
export type { ConversationMethods } from "./methods/conversation.ts";
export type {
  AddressReach,
  ContactCause,
  DoctorMethods,
  DoctorOfContact,
  DoctorOfNode,
  NodeFinding,
} from "./methods/doctor.ts";
export type { EventMethods } from "./methods/event.ts";
export type { GroupMethods } from "./methods/group.ts";
export type { InviteMethods } from "./methods/invite.ts";
export type { MessageMethods, SendParams, SendResult, SendWait } from "./methods/message.ts";
export type { Method, Nothing } from "./methods/method.ts";
export type { NetMethods } from "./methods/net.ts";
export type { NodeMethods } from "./methods/node.ts";
export type { RpcMethods } from "./methods/rpc.ts";
export type { NewKeyProtection, StoreMethods } from "./methods/store.ts";
export type { TokenMethods } from "./methods/token.ts";
export type { MethodName, Methods, Params, Result } from "./methods.ts";
export {
  createNodeConnection,
  type EventFilter,
  endOf,
  type LiveEvent,
  type NodeConnection,
} from "./node-connection.ts";
export type { JsonSchema, OpenRpc } from "./openrpc.ts";
export { type Environment, type Paths, resolvePaths } from "./paths.ts";
export type { Token } from "./schema/token.ts";
export type { Row, Scope } from "./scopes.ts";
export { type DirectoryFacts, requireSafeDirectory } from "./socket-directory.ts";
export { apiVersion, version } from "./version.ts";
export type {
  Account,
  Bootstrap,
  Contact,
  Conversation,
  Draft,
  Group,
  GroupInvitation,
  GroupMember,
  Invite,
  KeyProtection,
  KnownBootstrap,
  Message,
  MessageAuthor,
  MessageState,
  NetState,
  NewInvite,
  NodeState,
  NodeStatus,
  Notice,
  Pairing,
  Peer,
  Policy,
  PortMapFacts,
  Reached,
  Reaction,
  StoreDamage,
  StoreReport,
} from "./views.ts";
