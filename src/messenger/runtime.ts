/**
 * The running parts of the messenger: loads them from the store, connects them to the ports, and
 * starts and stops them.
 */
import { KeyedMutex, limits } from "../base/index.ts";
import type { Channel } from "../ports/index.ts";
import { CoverRecords } from "./discovery/cover-records.ts";
import { PeerFinder } from "./discovery/peer-finder.ts";
import { PublicDhtPublisher } from "./discovery/public-dht-publisher.ts";
import { RecordPublisher } from "./discovery/record-publisher.ts";
import { GroupService } from "./group/group-service.ts";
import { GroupStore } from "./group-state/group-store.ts";
import { Invitations } from "./group-state/invitations.ts";
import { type GroupCandidates, noGroups } from "./link/group-candidates.ts";
import { acceptLink } from "./link/inbound.ts";
import { clearLastSeen, closeLink, storeLastSeen } from "./link/live-link.ts";
import { Recogniser } from "./link/recogniser.ts";
import { openOffer } from "./link/signalling.ts";
import { runMaintenance } from "./messages/maintenance.ts";
import { Retention } from "./messages/retention.ts";
import type { MessengerEvent } from "./model/messenger-api.ts";
import { conversationOf } from "./model/owner.ts";
import type { Peer } from "./model/peer.ts";
import type { MessengerPorts } from "./model/ports.ts";
import { Arrivals } from "./state/arrivals.ts";
import { ContactStore } from "./state/contact-store.ts";
import { background, type Context } from "./state/context.ts";
import { Conversations } from "./state/conversations.ts";
import { DiskReserve } from "./state/disk-reserve.ts";
import { isDue } from "./state/due-messages.ts";
import { EventBus, EventLog } from "./state/event-log.ts";
import { ExpiryTimers } from "./state/expiry-timers.ts";
import { loadIdentity } from "./state/identity.ts";
import { Invites } from "./state/invites.ts";
import { Owners } from "./state/owners.ts";
import { SearchIndex } from "./state/search-index.ts";
import { ShredScheduler } from "./state/shred-scheduler.ts";

/** Reads everything that the use cases share. Throws no-account, store-damaged. */
async function loadContext(
  ports: MessengerPorts,
): Promise<{ readonly context: Context; readonly groups: GroupService }> {
  const { crypto, store, clock, log, transport } = ports;
  const events = new EventBus(log);
  const receipts = ports.receipts ?? true;
  const contactStore = await ContactStore.load(store, { clock, receipts, transport });
  const groups = await GroupStore.load(crypto, store);
  const invitations = await Invitations.load(store);
  const service = new GroupService({ groups, invitations, contactStore });
  const owners = new Owners(contactStore, groups);
  const refs = owners.all().map((owner) => conversationOf(owner).ref);
  const parts = {
    ...ports,
    receipts,
    breathe: ports.breathe ?? (() => Promise.resolve()),
    identity: await loadIdentity(crypto, store),
    history: ports.history ?? true,
    contactStore,
    owners,
    conversations: await Conversations.load(store, contactStore.names),
    arrivals: await Arrivals.load(store, clock),
    expiryTimers: await ExpiryTimers.load(ports, refs),
    disk: new DiskReserve(ports),
    events,
    eventLog: await EventLog.load(store, events),
    locks: new KeyedMutex<string>(),
    shredder: new ShredScheduler(ports),
    stopping: { now: false },
    presence: { invisible: ports.invisible ?? false, lastSeen: ports.lastSeen ?? false },
    groupPort: service,
    groupViews: service.viewer,
  };
  const context: Context = { ...parts, index: new SearchIndex(parts) };
  if (context.hidesDue)
    context.conversations.hideDue((owner, at, row) => isDue(context, owner, at, row));
  if (!context.presence.lastSeen) await clearLastSeen(context);
  service.attach(context);
  return { context, groups: service };
}

export class Runtime {
  readonly context: Context;
  readonly groups: GroupService;
  readonly invites: Invites;
  readonly covers: CoverRecords;
  readonly peerFinder: PeerFinder;
  readonly records: RecordPublisher;
  readonly publicRecords: PublicDhtPublisher;
  readonly #retention: Retention;
  /** What dialers are recognised by; its groups are set before the start. */
  readonly known: { readonly invites: Invites; groups: GroupCandidates };
  readonly #recogniser: Recogniser;
  /** Channels that others opened and that have not become a link, or are one. */
  readonly #inbound = new Set<Channel>();
  #running = false;
  #cancelMaintenance = (): void => undefined;

  private constructor(
    context: Context,
    groups: GroupService,
    invites: Invites,
    covers: CoverRecords,
  ) {
    this.context = context;
    this.groups = groups;
    this.invites = invites;
    this.covers = covers;
    this.peerFinder = new PeerFinder(context, covers);
    this.records = new RecordPublisher(context, invites, covers);
    this.publicRecords = new PublicDhtPublisher(context, invites, covers);
    this.#retention = new Retention(context);
    this.known = { invites, groups: noGroups };
    this.#recogniser = new Recogniser(context, this.known);
  }

  /** Loads everything and is ready to start. Throws no-account, store-damaged. */
  static async load(ports: MessengerPorts): Promise<Runtime> {
    const { context, groups } = await loadContext(ports);
    const invites = await Invites.load(context);
    const covers = await CoverRecords.load(context, ports.decoys ?? 0);
    const runtime = new Runtime(context, groups, invites, covers);
    runtime.#attach();
    return runtime;
  }

  start(): void {
    this.#running = true;
    this.context.stopping.now = false;
    this.#maintain();
    void this.context.disk.start();
    this.records.start();
    this.publicRecords.start();
    this.peerFinder.start();
    this.#retention.start();
    this.groups.start();
    background(this.context, "conversations-failed", () => this.#loadConversations());
  }

  /** Resolves once every job that holds a lock has ended; the store stays open. */
  async stop(): Promise<void> {
    const { contactStore, locks, shredder, stopping } = this.context;
    this.#running = false;
    this.#cancelMaintenance();
    this.context.disk.stop();
    this.records.stop();
    this.publicRecords.stop();
    this.peerFinder.stop();
    this.#retention.stop();
    this.groups.stop();
    for (const channel of this.#inbound) channel.abort();
    await Promise.all(contactStore.peers().map((peer) => storeLastSeen(this.context, peer)));
    for (const peer of contactStore.peers()) closeLink(peer);
    // Jobs that have begun are completed; those that would begin later find the node stopping.
    stopping.now = true;
    await locks.idle();
    await shredder.stop();
    this.context.conversations.clear();
  }

  /** Publishes what is due: call it when a contact or an invite changed. */
  refresh(): void {
    this.records.refresh();
    this.publicRecords.refresh();
  }

  /** The user needs a link with this contact: finds it before others. */
  connect(peer: Peer): void {
    this.refresh();
    this.peerFinder.want(peer);
  }

  #attach(): void {
    const { context, invites, peerFinder, records, publicRecords } = this;
    const { transport, rendezvous, publicRendezvous, events } = context;
    transport.onChannel((channel) => this.#accept(channel));
    transport.onOffer((from, envelope, own) =>
      this.#running
        ? openOffer(context, invites, { dialer: from, listener: own }, envelope)
        : undefined,
    );
    transport.onAddresses(() => {
      records.readdress();
      publicRecords.readdress();
      peerFinder.addressesChanged();
    });
    rendezvous.onPeer(() => {
      records.peerAppeared();
      peerFinder.peerAppeared();
    });
    publicRendezvous?.onToggle(() => {
      publicRecords.refresh();
      peerFinder.wakeAll();
    });
    events.subscribe((event) => this.#onEvent(event));
  }

  #accept(channel: Channel): void {
    if (!this.#running) {
      channel.abort();
      return;
    }
    this.#inbound.add(channel);
    background(this.context, "answer-failed", () =>
      acceptLink(this.context, this.known, this.#recogniser, channel, (peer) =>
        this.peerFinder.lost(peer),
      ).finally(() => this.#inbound.delete(channel)),
    );
  }

  #onEvent(event: MessengerEvent): void {
    // A contact that is new or was confirmed has a record of its own to publish.
    if (event.type === "contact.changed") this.refresh();
    if (event.type === "message.new") this.context.index.stored(event.message.text);
    if (event.type === "contact.changed") this.#done(event.contact.account);
    // Messages of it may have been read.
    if (event.type === "conversation.changed") this.#done(event.conversation.ref);
    if (event.type === "message.state" || event.type === "message.changed")
      this.#done(event.message.ref);
  }

  /** Something of this conversation was delivered or read. @param ref as clients name it. */
  #done(ref: string): void {
    const owner = this.context.owners.shownAs(ref);
    if (owner !== undefined) this.#retention.done(owner);
  }

  /** So that the first list of all conversations is as quick as the next one. */
  async #loadConversations(): Promise<void> {
    const { owners, conversations, breathe, stopping } = this.context;
    for (const owner of owners.all()) {
      if (stopping.now) return;
      await conversations.load(owner);
      await breathe();
    }
  }

  #maintain(): void {
    const { context } = this;
    background(context, "upkeep-failed", () => runMaintenance(context));
    background(context, "search-failed", () => context.index.takeIn());
    this.#cancelMaintenance = context.clock.after(limits.upkeep, () => this.#maintain());
  }
}
