/** Views of the node as clients get them; those of contacts and messages are shared. */
export type {
  ContactView as Contact,
  ConversationView as Conversation,
  DraftView as Draft,
  InviteView as Invite,
  MessageState,
  MessageView as Message,
  NewInvite,
  Notice,
  Pairing,
  Policy,
  Reaction,
  Route,
} from "../model/index.ts";
export type {
  Account,
  Bootstrap,
  KeyProtection,
  KnownBootstrap,
  NetState,
  NodeState,
  NodeStatus,
  Peer,
  PortMapFacts,
  StoreDamage,
  StoreReport,
} from "./schema/node.ts";
