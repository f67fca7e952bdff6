/** A messenger by hand, for the tests of the dispatcher alone. */
import type { AccountId, DeviceId, InviteId, MessageId } from "../../src/base/index.ts";
import type {
  ContactView,
  ConversationView,
  DraftView,
  FollowerView,
  GroupInvitationView,
  GroupView,
  InviteView,
  MessageView,
  Messenger,
  MessengerEvent,
} from "../../src/messenger/index.ts";

export const account = "a".repeat(52) as AccountId;
export const message: MessageView = {
  id: "b".repeat(25).concat("a") as MessageId,
  ref: account,
  contact: account,
  direction: "out",
  text: "hi",
  state: "queued",
  at: 1,
  position: "00000000000001.0123456789abcdef0123456789abcdef",
  sentAt: 1000,
  storedAt: 1000,
  edited: false,
  deleted: false,
  reactions: [],
  changing: false,
};
export const contact: ContactView = {
  account,
  name: "bob",
  handle: "bob",
  named: true,
  pairing: "invited",
  verified: false,
  blocked: false,
  keyChanged: false,
  online: true,
  recentlySeen: false,
  waiting: 0,
  receipts: true,
  timer: 0,
  policy: "any",
  addedAt: 0,
};
export const conversation: ConversationView = {
  ref: account,
  kind: "contact",
  handle: "bob",
  name: "bob",
  unread: 0,
  muted: false,
  pinned: false,
  archived: false,
};
const draft: DraftView = { ref: account, text: "later", savedAt: 1000 };
export const group: GroupView = {
  id: "c".repeat(32),
  ref: `group:${"c".repeat(32)}`,
  alias: "Club",
  name: "Club",
  topic: "",
  standing: "member",
  role: "owner",
  members: 1,
  linked: 0,
  timer: 0,
  joinedAt: 1000,
};
const invitation: GroupInvitationView = {
  group: "d".repeat(32),
  name: "Walks",
  from: { account, name: "bob" },
  members: 2,
  founder: account,
  expires: 9,
  state: "invited",
};
const follower: FollowerView = { name: "bot", cursor: 0, behind: 0 };
const invite: InviteView = {
  id: "c".repeat(25).concat("a") as InviteId,
  kind: "once",
  state: "open",
  expiresAt: 9,
  uses: 0,
  usedBy: [],
};

export interface FakeMessenger extends Messenger {
  /** Names and arguments of the calls, in order. */
  readonly calls: [string, ...unknown[]][];
  readonly listeners: number;
  emit(event: MessengerEvent): void;
  /** What a call does besides being noted. */
  during: Partial<Record<string, () => void>>;
  history: (who: string, options: { limit: number }) => Promise<MessageView[]>;
}

export function fakeMessenger(): FakeMessenger {
  const calls: [string, ...unknown[]][] = [];
  const listeners = new Set<(event: MessengerEvent) => void>();
  const note =
    <Answer>(name: string, answer: Answer) =>
    (...args: unknown[]): Answer => {
      calls.push([name, ...args]);
      fake.during[name]?.();
      return answer;
    };
  const later = <Answer>(name: string, answer: Answer) => note(name, Promise.resolve(answer));
  const fake: FakeMessenger = {
    calls,
    during: {},
    get listeners() {
      return listeners.size;
    },
    emit(event) {
      for (const listener of [...listeners]) listener(event);
    },
    self: () => ({ account, device: account as string as DeviceId, name: "ann" }),
    limitedTo: note("limitedTo", undefined as never),
    isLive: note("isLive", true),
    start: () => undefined,
    stop: () => Promise.resolve(),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    groups: {
      create: later("createGroup", group),
      list: note("groups", [group]),
      invitations: note("groupInvitations", [invitation]),
      show: note("group", group),
      members: note("members", []),
      invite: later("inviteToGroup", undefined),
      join: later("joinGroup", invitation),
      decline: later("declineGroup", undefined),
      remove: later("removeMember", group),
      setRole: later("setRole", group),
      set: later("setInGroup", group),
      setTimer: later("setGroupTimer", group),
      setReceipts: later("setGroupReceipts", group),
      who: later("whoHas", []),
      leave: later("leaveGroup", group),
      dissolve: later("dissolveGroup", group),
    },
    createInvite: later("createInvite", { ...invite, link: "sotto:x", shortLink: "sotto:short" }),
    invites: note("invites", [invite]),
    revokeInvite: later("revokeInvite", undefined),
    invitesOf: note("invitesOf", [invite]),
    add: later("add", contact),
    bootstrapsIn: note("bootstrapsIn", ["/dns4/example.org/tcp/1/p2p/y"]),
    setNote: later("setNote", contact),
    conversations: later("conversations", [conversation]),
    conversation: later("conversation", conversation),
    unread: note("unread", 0),
    setConversation: later("setConversation", conversation),
    markUnread: later("markUnread", conversation),
    setDraft: later("setDraft", draft),
    draft: later("draft", draft),
    page: later("page", { messages: [message], moreBefore: false, moreAfter: false }),
    arrivals: later("arrivals", { messages: [message], moreBefore: false, moreAfter: false }),
    contacts: note("contacts", [contact, { ...contact, pairing: "requested" as const }]),
    contact: note("contact", contact),
    contactOf: note("contactOf", contact),
    rename: later("rename", contact),
    block: later("block", contact),
    unblock: later("unblock", contact),
    remove: later("remove", undefined),
    accept: later("accept", contact),
    deny: later("deny", undefined),
    safetyNumber: note("safetyNumber", "1".repeat(60)),
    verify: later("verify", contact),
    unverify: later("unverify", contact),
    send: later("send", message),
    edit: later("edit", message),
    delete: later("delete", message),
    hide: later("hide", undefined),
    react: later("react", message),
    learnedHosts: note("learnedHosts", []),
    forgetHost: later("forgetHost", false),
    noteHost: later("noteHost", undefined),
    find: later("find", message),
    typing: later("typing", undefined),
    setInvisible: note("setInvisible", undefined),
    setDecoys: later("setDecoys", undefined),
    setPolicy: later("setPolicy", contact),
    ping: later("ping", { outcome: "answered", rttMs: 3 }),
    diagnose: later("diagnose", {
      contact,
      session: "kept",
      dials: [
        { address: "/ip4/10.0.0.1/tcp/1", from: "record", reached: false, reason: "timed out" },
      ],
      failures: 1,
      cause: "unreachable",
    }),
    health: note("health", {
      invisible: false,
      sessions: 1,
      records: { wanted: 1, held: 1, refused: 0 },
      decoys: 0,
      disk: { low: false, free: 2 ** 30 },
      publicKeys: { wanted: 0, held: 0, refused: 0 },
      compared: 0,
    }),
    shareReceipts: later("shareReceipts", contact),
    cancel: later("cancel", message),
    resend: later("resend", message),
    message: later("message", message),
    count: later("count", 7),
    history: later("history", [message]),
    search: later("search", { hits: [{ message, ranges: [{ from: 0, to: 2 }] }], more: false }),
    markRead: later("markRead", undefined),
    backup: later("backup", new Uint8Array(1_000_000)),
    setTimer: later("setTimer", contact),
    follow: later("follow", follower),
    unfollow: later("unfollow", undefined),
    followers: note("followers", [follower]),
    readEvents: later("readEvents", { events: [], more: false }),
    acknowledge: later("acknowledge", undefined),
  };
  return fake;
}
