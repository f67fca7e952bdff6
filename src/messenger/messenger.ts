/** The use cases of one node, put together over its ports. */
import { KeyedMutex, limits, wipe } from "../base/index.ts";
import type { Channel } from "../ports/index.ts";
import { contentsOf, sealBackup } from "./account/backup.ts";
import { setPolicy, setTimer, shareReceipts } from "./contacts/contact-settings.ts";
import * as contacts from "./contacts/contacts.ts";
import { CoverRecords } from "./discovery/cover-records.ts";
import { diagnose, healthOf } from "./discovery/diagnose.ts";
import { PeerFinder } from "./discovery/peer-finder.ts";
import { PublicDhtPublisher } from "./discovery/public-dht-publisher.ts";
import { RecordPublisher } from "./discovery/record-publisher.ts";
import { acceptLink } from "./link/inbound.ts";
import { closeLink, forgetSeen, noteSeen, ping } from "./link/live-link.ts";
import { openOffer } from "./link/signalling.ts";
import { follow, followers, readEvents } from "./messages/durable-subscriptions.ts";
import { find } from "./messages/find-message.ts";
import { runMaintenance } from "./messages/maintenance.ts";
import { Retention } from "./messages/retention.ts";
import { search } from "./messages/search.ts";
import type { Messenger } from "./model/messenger-api.ts";
import type { Peer } from "./model/peer.ts";
import type { MessengerPorts } from "./model/ports.ts";
import { cancel } from "./outbox/cancel.ts";
import { edit, erase, hide, react } from "./outbox/edit.ts";
import { markRead } from "./outbox/mark-read.ts";
import { send } from "./outbox/send.ts";
import { sharedBootstraps } from "./outbox/share-bootstraps.ts";
import { sendTyping } from "./outbox/typing.ts";
import { ContactStore } from "./state/contact-store.ts";
import { background, type Context } from "./state/context.ts";
import { EventBus } from "./state/event-bus.ts";
import { EventLog } from "./state/event-log.ts";
import { ExpiryTimers } from "./state/expiry-timers.ts";
import { accountEntropy, loadIdentity } from "./state/identity.ts";
import { setInvisible } from "./state/invisible.ts";
import { createInvite, Invites, revokeInvite } from "./state/invites.ts";
import { history, message, requirePlace } from "./state/message-store.ts";
import { SearchIndex } from "./state/search-index.ts";
import { ShredScheduler } from "./state/shred-scheduler.ts";

/** Reads everything from the store and is ready to start. Throws no-account, store-damaged. */
export async function createMessenger(ports: MessengerPorts): Promise<Messenger> {
  const { crypto, store, clock, log, transport, rendezvous } = ports;
  const events = new EventBus(log);
  const receipts = ports.receipts ?? true;
  const contactStore = await ContactStore.load(store, { clock, receipts, transport });
  const coverRecords = await CoverRecords.load(store, ports.decoys ?? 0);
  const parts = {
    ...ports,
    receipts,
    identity: await loadIdentity(crypto, store),
    history: ports.history ?? true,
    contactStore,
    expiryTimers: await ExpiryTimers.load(
      ports,
      contactStore.peers().map(({ contact }) => contact.conversation.ref),
    ),
    events,
    eventLog: await EventLog.load(store, events),
    locks: new KeyedMutex<string>(),
    shredder: new ShredScheduler(ports),
    stopping: { now: false },
    coverRecords,
    presence: { invisible: ports.invisible ?? false, lastSeen: ports.lastSeen ?? false },
  };
  const context: Context = { ...parts, index: new SearchIndex(parts) };
  const { identity } = context;
  coverRecords.attach(context);
  if (!context.presence.lastSeen) await forgetSeen(context);
  const invites = await Invites.load(store, clock);
  const peerFinder = new PeerFinder(context);
  const retention = new Retention(context);
  const publisher = new RecordPublisher(context, invites);
  const publicDhtPublisher = new PublicDhtPublisher(context, invites);
  const visitors = new Set<Channel>();
  let running = false;
  let cancelMaintenance = (): void => undefined;

  const lost = (peer: Peer): void => peerFinder.lost(peer);
  const refresh = (): void => {
    publisher.refresh();
    publicDhtPublisher.refresh();
  };
  const found = <Result>(peer: Peer, result: Result): Result => {
    refresh();
    peerFinder.want(peer);
    return result;
  };
  const withReconnect = async <Result>(who: string, act: (peer: Peer) => Promise<Result>) => {
    const peer = contactStore.find(who);
    return found(peer, await act(peer));
  };
  const maintain = (): void => {
    background(context, "upkeep-failed", () => runMaintenance(context));
    background(context, "search-failed", () => context.index.takeIn());
    cancelMaintenance = clock.after(limits.upkeep, maintain);
  };

  transport.onChannel((channel) => {
    if (!running) return channel.abort();
    visitors.add(channel);
    const forget = (): unknown => visitors.delete(channel);
    background(context, "answer-failed", () =>
      acceptLink(context, invites, channel, lost).finally(forget),
    );
  });
  transport.onOffer((from, envelope, own) =>
    running ? openOffer(context, invites, { dialer: from, listener: own }, envelope) : undefined,
  );
  transport.onAddresses(() => {
    publisher.readdress();
    publicDhtPublisher.readdress();
    peerFinder.wakeAll();
  });
  rendezvous.onPeer(() => {
    publisher.peerAppeared();
    peerFinder.peerAppeared();
  });
  ports.publicRendezvous?.onToggle(() => {
    publicDhtPublisher.refresh();
    peerFinder.wakeAll();
  });
  // A new contact or a confirmed one has a record of its own to publish.
  events.subscribe((event) => {
    if (event.type === "contact.changed") refresh();
    if (event.type === "message.new") context.index.told();
    const done =
      event.type === "contact.changed"
        ? event.contact.account
        : event.type === "message.state" && event.message.contact;
    const peer = done ? contactStore.byAccount(done) : undefined;
    if (peer !== undefined) retention.done(peer);
  });

  return {
    self: () => ({
      account: identity.account,
      device: identity.deviceId,
      name: identity.name,
    }),
    start() {
      running = true;
      context.stopping.now = false;
      maintain();
      publisher.start();
      publicDhtPublisher.start();
      peerFinder.start();
      retention.start();
    },
    async stop() {
      running = false;
      cancelMaintenance();
      publisher.stop();
      publicDhtPublisher.stop();
      peerFinder.stop();
      retention.stop();
      for (const channel of visitors) channel.abort();
      await Promise.all(contactStore.peers().map((peer) => noteSeen(context, peer)));
      for (const peer of contactStore.peers()) closeLink(peer);
      // Turns that began before end well; whatever would begin later finds the node stopping.
      context.stopping.now = true;
      await context.locks.idle();
      await context.shredder.stop();
    },
    subscribe: (listener) => events.subscribe(listener),
    follow: (name, options) => follow(context, name, options),
    unfollow: (name) => context.eventLog.unfollow(name),
    followers: () => followers(context),
    readEvents: (name, options) => readEvents(context, invites, name, options),
    acknowledge: (name, cursor) => context.eventLog.acknowledge(name, cursor),

    async createInvite(options) {
      const invite = await createInvite(context, invites, options);
      refresh();
      return invite;
    },
    invites: () => invites.all().map((invite) => invites.view(invite)),
    async revokeInvite(id) {
      await revokeInvite(context, invites, id);
      refresh();
    },
    async add(link, options = {}) {
      const peer = await contacts.add(context, link, options);
      return found(peer, contactStore.view(peer));
    },

    bootstrapsIn: (link, policy) => contacts.bootstrapsIn(context, link, policy),
    contacts: () => contactStore.peers().map((peer) => contactStore.view(peer)),
    contact: (who) => contactStore.view(contactStore.find(who)),
    rename: async (who, name) => contacts.rename(context, contactStore.find(who), name),
    block: async (who) => contacts.block(context, contactStore.find(who)),
    unblock: (who) => withReconnect(who, (peer) => contacts.unblock(context, peer)),
    remove: async (who) => contacts.remove(context, invites, contactStore.find(who)),
    async accept(who) {
      const peer = contacts.findRequest(context, who);
      return found(peer, await contacts.accept(context, invites, peer));
    },
    deny: async (who) => contacts.remove(context, invites, contacts.findRequest(context, who)),

    safetyNumber: (who) => contacts.numberOf(context, contactStore.find(who)),
    verify: (who, number) => withReconnect(who, (peer) => contacts.verify(context, peer, number)),
    unverify: async (who) => contacts.unverify(context, contactStore.find(who)),

    send: (who, text, options) => withReconnect(who, (peer) => send(context, peer, text, options)),
    async edit(id, text) {
      const place = await requirePlace(context, id);
      return found(place.peer, await edit(context, place, text));
    },
    async delete(id) {
      const place = await requirePlace(context, id);
      return found(place.peer, await erase(context, place));
    },
    hide: async (id) => hide(context, await requirePlace(context, id)),
    async react(id, emoji) {
      const place = await requirePlace(context, id);
      return found(place.peer, await react(context, place, emoji));
    },
    typing: async (who) => sendTyping(context, contactStore.find(who)),
    shareReceipts: async (who, on) => shareReceipts(context, contactStore.find(who), on),
    setPolicy: (who, policy) => withReconnect(who, (peer) => setPolicy(context, peer, policy)),
    ping: async (who) => ping(context, contactStore.find(who)),
    diagnose: async (who) => diagnose(context, peerFinder, contactStore.find(who)),
    health: () => healthOf(context, publisher.state(), publicDhtPublisher.state()),
    setDecoys: (step) => context.coverRecords.set(step).then(refresh),
    setInvisible(on) {
      setInvisible(context, on);
      refresh();
      if (!on) peerFinder.wakeAll();
    },
    ...sharedBootstraps(context),
    find: (ref, direction) => find(context, ref, direction),
    cancel: (id) => cancel(context, id),
    message: (id) => message(context, id),
    history: async (who, options) => history(context, contactStore.find(who), options),
    search: (question, options) => search(context, question, options),
    markRead: async (who, options = {}) => markRead(context, contactStore.find(who), options),
    setTimer: (who, ms) => withReconnect(who, (peer) => setTimer(context, peer, ms)),

    async backup(bootstrap) {
      const entropy = await accountEntropy(store);
      const file = sealBackup(crypto, entropy, contentsOf(context, invites, bootstrap));
      wipe(entropy);
      return file;
    },
  };
}
