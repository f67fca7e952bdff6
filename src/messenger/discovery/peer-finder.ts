/**
 * Finds contacts that are not linked, at their last addresses and then through the rendezvous, and
 * tries again with growing delays until they appear.
 */
import { backoffDelay, type HostId, limits, remainingDelay } from "../../base/index.ts";
import { endPairing } from "../link/introduction.ts";
import { endAttempt, startAttempt } from "../link/live-link.ts";
import { isNamed, openLink } from "../link/outbound.ts";
import { reachable } from "../model/contact.ts";
import {
  type CallResult,
  type DialSource,
  newSearchTrace,
  noteUnreached,
  type SearchTrace,
  type TracedDial,
} from "../model/diagnosis.ts";
import { allowed, scopeOf } from "../model/link-policy.ts";
import { type Attempt, isUrgent, type Peer } from "../model/peer.ts";
import { background, type Context, randomUnit, withContactLock } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import type { CoverRecords } from "./cover-records.ts";
import { Dialer, type Prefetch, prefetch, type Target } from "./dialer.ts";
import { canAsk, candidateAddressesOf, recordsOf } from "./lookup.ts";

/** What one search has met so far. */
interface Course {
  readonly tried: Set<HostId>;
  readonly trace: SearchTrace;
  readonly source: DialSource;
}

export class PeerFinder {
  readonly #context: Context;
  readonly #covers: CoverRecords;
  /** Searches that are under way. */
  readonly #searches = new Map<Peer, Promise<void>>();
  readonly #dialer: Dialer;
  #running = false;
  #wokenAt = Number.NEGATIVE_INFINITY;
  /** Nodes known on our own network when one appeared last. */
  #near = 0;
  #cancelWake: (() => void) | undefined;

  constructor(context: Context, covers: CoverRecords) {
    this.#context = context;
    this.#covers = covers;
    this.#dialer = new Dialer(context);
  }

  start(): void {
    this.#running = true;
    for (const peer of this.#context.contactStore.peers()) this.wake(peer);
    this.#covers.start();
  }

  stop(): void {
    this.#running = false;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#covers.stop();
    for (const peer of this.#context.contactStore.peers()) {
      peer.cancelRetry();
      peer.attempt?.abort();
    }
  }

  /** Looks for the contact now, unless a link is there or in the making. */
  wake(peer: Peer): void {
    peer.cancelRetry();
    peer.retryAt = undefined;
    if (!this.#running || !mayStartAttempt(this.#context, peer)) return;
    background(this.#context, "seek-failed", async () => {
      const search = this.#findAndLink(peer);
      this.#searches.set(peer, search);
      try {
        await search;
      } finally {
        if (this.#searches.get(peer) === search) this.#searches.delete(peer);
      }
    });
  }

  /** The user waits for this contact: finds it now, and before others. */
  want(peer: Peer): void {
    peer.linkNeededAt = this.#context.clock.now();
    this.wake(peer);
  }

  /**
   * Looks for the contact now, and resolves once that search is over; then see `peer.searchTrace`.
   * A search that was under way comes first: it may have begun before what is to be seen now.
   */
  async search(peer: Peer): Promise<void> {
    const earlier = this.#searches.get(peer);
    this.want(peer);
    if (earlier !== undefined) {
      await earlier.catch(() => undefined);
      this.wake(peer);
    }
    await this.#searches.get(peer)?.catch(() => undefined);
  }

  /**
   * A peer that can be asked appeared: contacts that were searched for while there was none are
   * searched for now. Where few peers are known, or few on our own network, it may be that of a
   * contact, and makes a difference for the others as well; in a large mesh peers appear all the
   * time.
   */
  peerAppeared(): void {
    const { contactStore, rendezvous } = this.#context;
    for (const peer of contactStore.peers()) {
      if (peer.searchTrace?.asked !== false || !canAsk(this.#context, peer)) continue;
      // Searches that could ask nobody say nothing about the contact.
      peer.failures = 0;
      this.wake(peer);
    }
    const near = rendezvous.peers("lan");
    const isNear = near > this.#near && near <= limits.fewHosts;
    this.#near = near;
    if (isNear || rendezvous.peers() <= limits.fewHosts) this.wakeAll();
  }

  /**
   * Something changed on the network: look up all contacts, but not more often than
   * `limits.seekPause`.
   */
  wakeAll(): void {
    if (!this.#running || this.#cancelWake !== undefined) return;
    const { clock, contactStore } = this.#context;
    const wait = remainingDelay(this.#wokenAt, limits.seekPause, clock.now());
    this.#cancelWake = clock.after(wait, () => {
      this.#cancelWake = undefined;
      this.#wokenAt = clock.now();
      for (const peer of contactStore.peers()) this.wake(peer);
      this.#covers.wake();
    });
  }

  /**
   * Our addresses changed, or we are back on the network: searches that began before may wait for
   * answers to an address that we no longer have. They start again, and all other contacts are
   * looked up, with short delays at first: earlier failures say nothing about the contacts.
   */
  addressesChanged(): void {
    for (const peer of this.#context.contactStore.peers()) peer.failures = 0;
    for (const [peer, search] of this.#searches) {
      // A hello that is out was sent on an open connection, which the node closes if it is dead.
      if (peer.attempt?.outbound !== true || peer.attempt.caller !== undefined) continue;
      peer.attempt.abort();
      const again = (): void => {
        // The search says nothing about the contact.
        peer.failures = 0;
        this.wake(peer);
      };
      search.then(again, again);
    }
    this.wakeAll();
  }

  /** The link with this contact is over: try again soon. */
  lost(peer: Peer): void {
    this.#later(peer);
  }

  #later(peer: Peer): void {
    peer.cancelRetry();
    if (!this.#running || !shouldConnect(this.#context, peer)) return;
    const now = this.#context.clock.now();
    const { min, max } = limits.retry;
    const pairs = peer.contact.pairing !== "confirmed" && isUrgent(peer, now);
    const most = pairs ? limits.pairingRetry : max;
    const wait = backoffDelay({ min, max: most }, peer.failures, randomUnit(this.#context));
    peer.retryAt = now + wait;
    peer.cancelRetry = this.#context.clock.after(wait, () => this.wake(peer));
  }

  async #findAndLink(peer: Peer): Promise<void> {
    const controller = new AbortController();
    const attempt: Attempt = {
      outbound: true,
      caller: undefined,
      moves: undefined,
      abort: () => controller.abort(),
    };
    startAttempt(peer, attempt);
    let linked = false;
    try {
      await this.#expire(peer);
      linked = await this.#tryAll(peer, attempt, controller);
    } catch (error) {
      // An attempt that was aborted has not failed.
      if (!controller.signal.aborted) throw error;
    } finally {
      endAttempt(peer, attempt);
      peer.byPair = !linked && triesOther(peer);
      if (!linked) {
        this.#later(peer);
        peer.failures++;
      }
    }
  }

  /** Gives up an invite that its maker does not answer any more. */
  async #expire(peer: Peer): Promise<void> {
    const { invite, pairing } = peer.contact;
    if (invite === undefined) return;
    // Once keys were agreed, the maker may have us as a contact, or a request may wait for its
    // word.
    const grace = pairing === "invited" ? limits.pairClockSkew : limits.inviteExpiryMax;
    if (this.#context.clock.now() <= invite.expiresAt + grace) return;
    await withContactLock(this.#context, peer, async () => {
      if (peer.contact.invite === invite) await endPairing(this.#context, peer, invite, "expired");
    });
  }

  /**
   * Tries cached addresses first, without a PeerId; the rendezvous when that fails or takes long,
   * and the public DHT last. A machine that is offline stays silent until the timeout: once there
   * is a record, there is no need to wait for it.
   */
  async #tryAll(peer: Peer, attempt: Attempt, controller: AbortController): Promise<boolean> {
    const tried = new Set<HostId>();
    const { clock } = this.#context;
    const trace = newSearchTrace(clock.now());
    peer.searchTrace = trace;
    const { addresses } = peer.contact;
    const go = (target: Target, source: DialSource, better?: Prefetch<unknown>) =>
      this.#try(peer, attempt, controller, { tried, trace, source }, target, better);
    const look = (signal: AbortSignal) => recordsOf(this.#context, peer, trace, signal);
    const records = prefetch(clock, limits.lookupDelay, look, controller.signal);
    try {
      if (addresses.length > 0 && (await go({ addresses }, { from: "last" }, records))) return true;
      trace.asked = canAsk(this.#context, peer);
      for await (const found of records.items) {
        this.#noteRecordTime(peer, found.time);
        if (await go(found.body, { from: "record", recordTime: found.time })) return true;
        if (controller.signal.aborted || !shouldConnect(this.#context, peer)) return false;
      }
    } finally {
      records.end();
    }
    for await (const addresses of candidateAddressesOf(this.#context, peer, controller.signal)) {
      if (await go({ addresses }, { from: "public" })) return true;
      if (controller.signal.aborted || !shouldConnect(this.#context, peer)) return false;
    }
    return false;
  }

  #noteRecordTime(peer: Peer, time: number): void {
    const { contactStore, events } = this.#context;
    const before = contactStore.view(peer).recentlySeen;
    peer.recordTime = Math.max(peer.recordTime ?? 0, time);
    if (!before) events.emit({ type: "presence", contact: contactStore.view(peer) });
  }

  async #try(
    peer: Peer,
    attempt: Attempt,
    controller: AbortController,
    { tried, trace, source }: Course,
    target: Target,
    better?: Prefetch<unknown>,
  ): Promise<boolean> {
    if (controller.signal.aborted) return false;
    if (target.host && tried.has(target.host)) return false;
    const { channel, fault } = await this.#dialer.dial(peer, target, controller.signal, better);
    if (channel === undefined) {
      noteUnreached(trace, source, target.addresses, fault);
      return false;
    }
    const dialled: TracedDial = { ...source, address: channel.remoteAddress, reached: true };
    trace.dials.push(dialled);
    if (controller.signal.aborted || hasStableLink(peer)) {
      channel.abort();
      return false;
    }
    const silence = (): void => channel.abort();
    controller.signal.addEventListener("abort", silence);
    let result: CallResult;
    try {
      const lost = (one: Peer): void => this.lost(one);
      result = await openLink(this.#context, peer, channel, attempt, target.host, lost);
    } finally {
      controller.signal.removeEventListener("abort", silence);
      attempt.moves?.end();
      attempt.moves = undefined;
    }
    // The next address may be theirs: from now on our hello is out no more.
    attempt.caller = undefined;
    dialled.answer = result;
    // A host that the contact has not named yet may be busy with strangers, whose hellos look like
    // ours: once a record names it, our hello is found by its index.
    if (result !== "silent" || isNamed(peer, channel.remote, target.host))
      tried.add(channel.remote);
    return result === "linked";
  }
}

/** Whether the next attempt proves the other of the two secrets: see `linkSecretOf`. */
function triesOther({ contact, byPair, searchTrace }: Peer): boolean {
  // A request that waits for the contact's decision is known by the invite only.
  const waits = searchTrace?.dials.some(({ answer }) => answer === "pending") === true;
  return contact.pairing === "handshaken" && !waits && !byPair;
}

// Whether a contact is to be looked for.

/** Whether there is a link that stays: one on a host of ours that goes has to move. */
function hasStableLink({ link }: Peer): boolean {
  return link !== undefined && link.channel.draining !== true;
}

/** Whether a link with this contact is wanted and not there. */
function shouldConnect(context: Context, peer: Peer): boolean {
  const { removed, contact } = peer;
  const scope = allowed(context, contact.account) ? scopeOf(contact, context.transport) : undefined;
  const may = scope !== undefined && mayLink(context, peer);
  return !removed && reachable(contact) && !hasStableLink(peer) && may;
}

/** The same, and no attempt is running. */
function mayStartAttempt(context: Context, peer: Peer): boolean {
  return shouldConnect(context, peer) && peer.attempt === undefined;
}
