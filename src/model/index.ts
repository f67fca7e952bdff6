/** Types that the API and the messenger share, so that each is declared once. */
export type {
  GroupInvitationView,
  GroupMemberView,
  GroupReachView,
  GroupRole,
  GroupStanding,
  GroupView,
} from "./group-views.ts";
export type {
  Awaits,
  ContactView,
  ConversationView,
  DraftView,
  InviteView,
  MessageAuthor,
  MessageChange,
  MessageState,
  MessageView,
  NewInvite,
  Notice,
  Pairing,
  Policy,
  Reached,
  Reaction,
  Route,
} from "./views.ts";
