/** The use cases of one node, put together over its ports. */
import { limits, Turns, wipe } from "../base/index.ts";
import type { Channel } from "../ports/index.ts";
import { contentsOf, sealBackup } from "./account/backup.ts";
import { setPolicy, setTimer, shareReceipts } from "./contacts/contact-settings.ts";
import * as contacts from "./contacts/contacts.ts";
import { Decoys } from "./discovery/cover-records.ts";
import { diagnose, healthOf } from "./discovery/diagnose.ts";
import { Seeker } from "./discovery/peer-finder.ts";
import { Posts } from "./discovery/public-dht-publisher.ts";
import { Publisher } from "./discovery/record-publisher.ts";
import { answer } from "./link/inbound.ts";
import { cut, forgetSeen, noteSeen, ping } from "./link/live-link.ts";
import { openCall } from "./link/signalling.ts";
import { follow, followers, readEvents } from "./messages/durable-subscriptions.ts";
import { find } from "./messages/find-message.ts";
import { upkeep } from "./messages/maintenance.ts";
import { Vanisher } from "./messages/retention.ts";
import { search } from "./messages/search.ts";
import type { Messenger } from "./model/messenger-api.ts";
import type { Peer } from "./model/peer.ts";
import type { MessengerPorts } from "./model/ports.ts";
import { cancel } from "./outbox/cancel.ts";
import { edit, erase, hide, react } from "./outbox/edit.ts";
import { markRead } from "./outbox/mark-read.ts";
import { send } from "./outbox/send.ts";
import { hostBook } from "./outbox/share-bootstraps.ts";
import { tellTyping } from "./outbox/typing.ts";
import { Book } from "./state/contact-store.ts";
import { background, type Core } from "./state/context.ts";
import { Events } from "./state/event-bus.ts";
import { Journal } from "./state/event-log.ts";
import { Spans } from "./state/expiry-timers.ts";
import { accountEntropy, loadIdentity } from "./state/identity.ts";
import { setInvisible } from "./state/invisible.ts";
import { createInvite, Invites, revokeInvite } from "./state/invites.ts";
import { history, message, placeOfKnown } from "./state/message-store.ts";
import { SearchIndex } from "./state/search-index.ts";
import { Shredder } from "./state/shred-scheduler.ts";

/** Reads everything from the store and is ready to start. Throws no-account, store-damaged. */
export async function createMessenger(ports: MessengerPorts): Promise<Messenger> {
  const { crypto, store, clock, log, transport, rendezvous } = ports;
  const events = new Events(log);
  const receipts = ports.receipts ?? true;
  const book = await Book.load(store, { clock, receipts, transport });
  const decoys = await Decoys.load(store, ports.decoys ?? 0);
  const parts = {
    ...ports,
    receipts,
    identity: await loadIdentity(crypto, store),
    history: ports.history ?? true,
    book,
    spans: await Spans.load(
      ports,
      book.peers().map(({ contact }) => contact.ref),
    ),
    events,
    journal: await Journal.load(store, events),
    turns: new Turns<string>(),
    shredder: new Shredder(ports),
    stopping: { now: false },
    decoys,
    presence: { invisible: ports.invisible ?? false, lastSeen: ports.lastSeen ?? false },
  };
  const core: Core = { ...parts, index: new SearchIndex(parts) };
  const { identity } = core;
  decoys.attach(core);
  if (!core.presence.lastSeen) await forgetSeen(core);
  const invites = await Invites.load(store, clock);
  const seeker = new Seeker(core);
  const vanisher = new Vanisher(core);
  const publisher = new Publisher(core, invites);
  const posts = new Posts(core, invites);
  const visitors = new Set<Channel>();
  let running = false;
  let cancelUpkeep = (): void => undefined;

  const lost = (peer: Peer): void => seeker.lost(peer);
  const refresh = (): void => {
    publisher.refresh();
    posts.refresh();
  };
  const found = <Result>(peer: Peer, result: Result): Result => {
    refresh();
    seeker.want(peer);
    return result;
  };
  const andSeek = async <Result>(who: string, act: (peer: Peer) => Promise<Result>) => {
    const peer = book.find(who);
    return found(peer, await act(peer));
  };
  const keepUp = (): void => {
    background(core, "upkeep-failed", () => upkeep(core));
    background(core, "search-failed", () => core.index.takeIn());
    cancelUpkeep = clock.after(limits.upkeep, keepUp);
  };

  transport.onChannel((channel) => {
    if (!running) return channel.abort();
    visitors.add(channel);
    const forget = (): unknown => visitors.delete(channel);
    background(core, "answer-failed", () => answer(core, invites, channel, lost).finally(forget));
  });
  transport.onCall((from, envelope, own) =>
    running ? openCall(core, invites, { caller: from, callee: own }, envelope) : undefined,
  );
  transport.onAddresses(() => {
    publisher.readdress();
    posts.readdress();
    seeker.wakeAll();
  });
  rendezvous.onPeer(() => {
    publisher.peerAppeared();
    seeker.peerAppeared();
  });
  ports.signpost?.onTurn(() => {
    posts.refresh();
    seeker.wakeAll();
  });
  // A new contact or a confirmed one has a record of its own to publish.
  events.subscribe((event) => {
    if (event.type === "contact.changed") refresh();
    if (event.type === "message.new") core.index.told();
    const done =
      event.type === "contact.changed"
        ? event.contact.account
        : event.type === "message.state" && event.message.contact;
    const peer = done ? book.byAccount(done) : undefined;
    if (peer !== undefined) vanisher.done(peer);
  });

  return {
    self: () => ({
      account: identity.account,
      device: identity.deviceId,
      name: identity.name,
    }),
    start() {
      running = true;
      core.stopping.now = false;
      keepUp();
      publisher.start();
      posts.start();
      seeker.start();
      vanisher.start();
    },
    async stop() {
      running = false;
      cancelUpkeep();
      publisher.stop();
      posts.stop();
      seeker.stop();
      vanisher.stop();
      for (const channel of visitors) channel.abort();
      await Promise.all(book.peers().map((peer) => noteSeen(core, peer)));
      for (const peer of book.peers()) cut(peer);
      // Turns that began before end well; whatever would begin later finds the node stopping.
      core.stopping.now = true;
      await core.turns.idle();
      await core.shredder.stop();
    },
    subscribe: (listener) => events.subscribe(listener),
    follow: (name, options) => follow(core, name, options),
    unfollow: (name) => core.journal.unfollow(name),
    followers: () => followers(core),
    readEvents: (name, options) => readEvents(core, invites, name, options),
    acknowledge: (name, cursor) => core.journal.acknowledge(name, cursor),

    async createInvite(options) {
      const invite = await createInvite(core, invites, options);
      refresh();
      return invite;
    },
    invites: () => invites.all().map((invite) => invites.view(invite)),
    async revokeInvite(id) {
      await revokeInvite(core, invites, id);
      refresh();
    },
    async add(link, options = {}) {
      const peer = await contacts.add(core, link, options);
      return found(peer, book.view(peer));
    },

    bootstrapsIn: (link, policy) => contacts.bootstrapsIn(core, link, policy),
    contacts: () => book.peers().map((peer) => book.view(peer)),
    contact: (who) => book.view(book.find(who)),
    rename: async (who, name) => contacts.rename(core, book.find(who), name),
    block: async (who) => contacts.block(core, book.find(who)),
    unblock: (who) => andSeek(who, (peer) => contacts.unblock(core, peer)),
    remove: async (who) => contacts.remove(core, invites, book.find(who)),
    async accept(who) {
      const peer = contacts.findRequest(core, who);
      return found(peer, await contacts.accept(core, invites, peer));
    },
    deny: async (who) => contacts.remove(core, invites, contacts.findRequest(core, who)),

    safetyNumber: (who) => contacts.numberOf(core, book.find(who)),
    verify: (who, number) => andSeek(who, (peer) => contacts.verify(core, peer, number)),
    unverify: async (who) => contacts.unverify(core, book.find(who)),

    send: (who, text, options) => andSeek(who, (peer) => send(core, peer, text, options)),
    async edit(id, text) {
      const place = await placeOfKnown(core, id);
      return found(place.peer, await edit(core, place, text));
    },
    async delete(id) {
      const place = await placeOfKnown(core, id);
      return found(place.peer, await erase(core, place));
    },
    hide: async (id) => hide(core, await placeOfKnown(core, id)),
    async react(id, emoji) {
      const place = await placeOfKnown(core, id);
      return found(place.peer, await react(core, place, emoji));
    },
    typing: async (who) => tellTyping(core, book.find(who)),
    shareReceipts: async (who, on) => shareReceipts(core, book.find(who), on),
    setPolicy: (who, policy) => andSeek(who, (peer) => setPolicy(core, peer, policy)),
    ping: async (who) => ping(core, book.find(who)),
    diagnose: async (who) => diagnose(core, seeker, book.find(who)),
    health: () => healthOf(core, publisher.state(), posts.state()),
    setDecoys: (step) => core.decoys.set(step).then(refresh),
    setInvisible(on) {
      setInvisible(core, on);
      refresh();
      if (!on) seeker.wakeAll();
    },
    ...hostBook(core),
    find: (ref, direction) => find(core, ref, direction),
    cancel: (id) => cancel(core, id),
    message: (id) => message(core, id),
    history: async (who, options) => history(core, book.find(who), options),
    search: (question, options) => search(core, question, options),
    markRead: async (who, options = {}) => markRead(core, book.find(who), options),
    setTimer: (who, ms) => andSeek(who, (peer) => setTimer(core, peer, ms)),

    async backup(bootstrap) {
      const entropy = await accountEntropy(store);
      const file = sealBackup(crypto, entropy, contentsOf(core, invites, bootstrap));
      wipe(entropy);
      return file;
    },
  };
}
