/**
 * The facade of the messenger: one function for each use case, over the parts that `Runtime` keeps
 * running.
 */
import { type AccountId, type MessageId, never, wipe } from "../base/index.ts";
import type { MessageView } from "../model/index.ts";
import { contentsOf, sealBackup } from "./account/backup.ts";
import { setNote, setPolicy, setTimer, shareReceipts } from "./contacts/contact-settings.ts";
import * as contacts from "./contacts/contacts.ts";
import { diagnose, healthOf } from "./discovery/diagnose.ts";
import type { GroupConversation } from "./group-messages/conversation.ts";
import { ping } from "./link/live-link.ts";
import { arrivals } from "./messages/arrival-page.ts";
import { page } from "./messages/conversation-page.ts";
import * as conversations from "./messages/conversations.ts";
import { follow, followers, readEvents } from "./messages/durable-subscriptions.ts";
import { find } from "./messages/find-message.ts";
import { search } from "./messages/search.ts";
import type { Messenger } from "./model/messenger-api.ts";
import type { FindOptions, SendOptions } from "./model/options.ts";
import type { GroupOwner } from "./model/owner.ts";
import type { Peer } from "./model/peer.ts";
import type { MessengerPorts } from "./model/ports.ts";
import { cancel, type PeerPlace } from "./outbox/cancel.ts";
import { edit, erase, hide, react } from "./outbox/edit.ts";
import { markRead } from "./outbox/mark-read.ts";
import { resend } from "./outbox/resend.ts";
import { send } from "./outbox/send.ts";
import { sharedBootstraps } from "./outbox/share-bootstraps.ts";
import { sendTyping } from "./outbox/typing.ts";
import { Runtime } from "./runtime.ts";
import type { Context } from "./state/context.ts";
import { accountEntropy } from "./state/identity.ts";
import { setInvisible } from "./state/invisible.ts";
import { createInvite, revokeInvite } from "./state/invites.ts";
import { count, findById, history, requireById } from "./state/message-store.ts";
import { Owners } from "./state/owners.ts";

/** Reads everything from the store and is ready to start. Throws no-account, store-damaged. */
export async function createMessenger(ports: MessengerPorts): Promise<Messenger> {
  return messengerOf(await Runtime.load(ports));
}

/** The messenger on a runtime that was loaded. */
export function messengerOf(runtime: Runtime): Messenger {
  return facade(runtime, runtime.context);
}

/** The use cases on a context, which may find fewer contacts than the runtime has. */
function facade(runtime: Runtime, context: Context): Messenger {
  const { invites, covers, peerFinder, records, publicRecords } = runtime;
  const { contactStore, owners, identity } = context;
  /** The result of a use case that needs a link with the contact. */
  const connecting = <Result>(peer: Peer, result: Result): Result => {
    runtime.connect(peer);
    return result;
  };
  const withConnect = async <Result>(who: string, useCase: (peer: Peer) => Promise<Result>) => {
    const peer = contactStore.find(who);
    return connecting(peer, await useCase(peer));
  };

  /** Acts on a message, by what its conversation belongs to. */
  const onMessage = async (
    id: MessageId,
    which: FindOptions,
    act: {
      readonly contact: (place: PeerPlace) => Promise<MessageView>;
      readonly group: (conversation: GroupConversation, at: number) => Promise<MessageView>;
    },
  ): Promise<MessageView> => {
    const { owner, at } = await requireById(context, id, which);
    switch (owner.kind) {
      case "contact":
        return connecting(owner, await act.contact({ peer: owner, at }));
      case "group":
        return act.group(runtime.groups.conversationOf(owner), at);
      default:
        return never(owner);
    }
  };

  /** Sends to a group, and looks for its members that are not linked. */
  const sendToGroup = async (owner: GroupOwner, text: string, options?: SendOptions) => {
    const sent = await runtime.groups.conversationOf(owner).send(text, options);
    for (const peer of runtime.groups.contactsIn(owner))
      if (peer.link === undefined) runtime.connect(peer);
    return sent;
  };

  return {
    self: () => ({
      account: identity.account,
      device: identity.deviceId,
      name: identity.name,
    }),
    limitedTo: (accounts) => facade(runtime, limitedTo(context, accounts)),
    start: () => runtime.start(),
    stop: () => runtime.stop(),
    subscribe: (listener) => context.events.subscribe(listener),
    follow: (name, options) => follow(context, name, options),
    unfollow: (name) => context.eventLog.unfollow(name),
    followers: () => followers(context),
    readEvents: (name, options) => readEvents(context, invites, name, options),
    acknowledge: (name, cursor) => context.eventLog.acknowledge(name, cursor),

    async createInvite(options) {
      const invite = await createInvite(context, invites, options);
      runtime.refresh();
      return invite;
    },
    invites: () => invites.all().map((invite) => invites.view(invite)),
    async revokeInvite(id) {
      await revokeInvite(context, invites, id);
      runtime.refresh();
    },
    async add(link, options = {}) {
      const peer = await contacts.add(context, invites, link, options);
      return connecting(peer, contactStore.view(peer));
    },

    bootstrapsIn: (link, policy) => contacts.bootstrapsIn(context, link, policy),
    contacts: () => contactStore.peers().map((peer) => contactStore.view(peer)),
    contact: (who) => contactStore.view(contactStore.find(who)),
    contactOf(account) {
      const peer = contactStore.byAccount(account);
      return peer && contactStore.view(peer);
    },
    rename: async (who, name) => contacts.rename(context, contactStore.find(who), name),
    setNote: async (who, note) => setNote(context, contactStore.find(who), note),
    async block(who, options = {}) {
      const view = await contacts.block(context, invites, contactStore.find(who), options);
      runtime.refresh();
      return view;
    },
    unblock: (who) => withConnect(who, (peer) => contacts.unblock(context, peer)),
    async remove(who, options = {}) {
      await contacts.remove(context, invites, contactStore.find(who), options);
      runtime.refresh();
    },
    invitesOf(who) {
      const { account } = contactStore.find(who).contact;
      return invites.openOf(account).map((invite) => invites.view(invite));
    },
    async accept(who) {
      const peer = contactStore.names.request(who);
      return connecting(peer, await contacts.accept(context, invites, peer));
    },
    deny: async (who) => contacts.deny(context, invites, contactStore.names.request(who)),

    safetyNumber: (who) => contacts.numberOf(context, contactStore.find(who)),
    verify: (who, number) =>
      withConnect(who, (peer) => contacts.verify(context, invites, peer, number)),
    unverify: async (who) => contacts.unverify(context, contactStore.find(who)),

    async send(who, text, options) {
      const owner = owners.find(who);
      return owner.kind === "contact"
        ? connecting(owner, await send(context, owner, text, options))
        : sendToGroup(owner, text, options);
    },
    isLive(who) {
      const owner = owners.find(who);
      return owner.kind === "contact"
        ? owner.link !== undefined
        : runtime.groups.conversationOf(owner).isLive();
    },
    edit: (id, text, who) =>
      onMessage(
        id,
        { who, direction: "out" },
        {
          contact: (place) => edit(context, place, text),
          group: (conversation, at) => conversation.edit(at, text),
        },
      ),
    delete: (id, who) =>
      onMessage(
        id,
        { who, direction: "out" },
        {
          contact: (place) => erase(context, place),
          group: (conversation, at) => conversation.erase(at),
        },
      ),
    hide: async (id, who) => hide(context, await requireById(context, id, { who })),
    react: (id, emoji, who) =>
      onMessage(
        id,
        { who },
        {
          contact: (place) => react(context, place, emoji),
          group: (conversation, at) => conversation.react(at, emoji),
        },
      ),
    async typing(who) {
      const owner = owners.find(who);
      // Members of a group are not told who is typing.
      if (owner.kind === "contact") await sendTyping(context, owner);
    },
    shareReceipts: async (who, on) => shareReceipts(context, contactStore.find(who), on),
    setPolicy: (who, policy, options = {}) =>
      withConnect(who, (peer) => setPolicy(context, invites, peer, policy, options)),
    ping: async (who) => ping(context, contactStore.find(who)),
    diagnose: async (who) => diagnose(context, peerFinder, contactStore.find(who)),
    health: () => healthOf(context, covers, records.state(), publicRecords.state()),
    setDecoys: (step) => covers.set(step).then(() => runtime.refresh()),
    setInvisible(on) {
      setInvisible(context, on);
      runtime.refresh();
      if (!on) peerFinder.wakeAll();
    },
    ...sharedBootstraps(context),
    groups: runtime.groups,
    find: (ref, options = {}) => find(context, ref, options),
    async cancel(id, who) {
      const { owner, at } = await requireById(context, id, { who, direction: "out" });
      return owner.kind === "contact"
        ? cancel(context, { peer: owner, at })
        : runtime.groups.conversationOf(owner).cancel(at);
    },
    resend: (id, who) =>
      onMessage(
        id,
        { who, direction: "out" },
        {
          contact: (place) => resend(context, place),
          group: (conversation, at) => conversation.resend(at),
        },
      ),
    message: async (id, who) => (await findById(context, id, { who }))?.shown,
    count: async (who) => count(context, owners.find(who)),
    conversations: (filter = {}) => conversations.conversations(context, filter),
    conversation: async (who) => conversations.conversation(context, owners.find(who)),
    unread: (who) => owners.unread(who),
    setConversation: async (who, flags) =>
      conversations.setConversation(context, owners.find(who), flags),
    markUnread: async (who) => conversations.markUnread(context, owners.find(who)),
    setDraft: async (who, draft) => conversations.setDraft(context, owners.find(who), draft),
    draft: async (who) => conversations.draft(context, owners.find(who)),
    page: async (who, options) => page(context, owners.find(who), options),
    arrivals: async (options) => arrivals(context, options),
    history: async (who, options) => history(context, owners.find(who), options),
    search: (question, options) => search(context, question, options),
    async markRead(who, options = {}) {
      const owner = owners.find(who);
      await markRead(context, owner, options);
      if (owner.kind === "group") runtime.groups.wake(owner);
    },
    setTimer: (who, ms) => withConnect(who, (peer) => setTimer(context, peer, ms)),

    async backup(bootstrap) {
      const entropy = await accountEntropy(context.store);
      const file = sealBackup(context.crypto, entropy, contentsOf(context, invites, bootstrap));
      wipe(entropy);
      return file;
    },
  };
}

/** The context with these contacts only, and without groups. */
function limitedTo(context: Context, accounts: ReadonlySet<AccountId>): Context {
  const contactStore = context.contactStore.limitedTo(accounts);
  return { ...context, contactStore, owners: new Owners(contactStore) };
}
