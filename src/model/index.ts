/** Types that the API and the messenger share, so that each is declared once. */
export type {
  Awaits,
  ContactView,
  ConversationView,
  DraftView,
  InviteView,
  MessageChange,
  MessageState,
  MessageView,
  NewInvite,
  Notice,
  Pairing,
  Policy,
  Reaction,
  Route,
} from "./views.ts";
