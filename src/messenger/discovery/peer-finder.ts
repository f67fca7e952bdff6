/**
 * Finds contacts that are not linked: where they were last, then what the rendezvous says; and tries again, later
 * and later, until they appear.
 */
import { type HostId, limits, pause, pauseLeft } from "../../base/index.ts";
import { begin, end } from "../link/live-link.ts";
import { call, endPairing } from "../link/outbound.ts";
import { reachable } from "../model/contact.ts";
import {
  type CallResult,
  type Dialled,
  newTrail,
  noteUnreached,
  type Trail,
} from "../model/diagnosis.ts";
import { allowed, scopeOf } from "../model/link-policy.ts";
import type { Attempt, Peer } from "../model/peer.ts";
import { background, type Core, chance, inTurn } from "../state/context.ts";
import { mayLink } from "../state/invisible.ts";
import { type Ahead, ahead, Dialler, type Target } from "./dialer.ts";
import { canAsk, hintsOf, recordsOf } from "./lookup.ts";

/** What one search has met so far. */
interface Course {
  readonly tried: Set<HostId>;
  readonly trail: Trail;
  readonly from: Dialled["from"];
}

export class Seeker {
  readonly #core: Core;
  /** Searches that are under way. */
  readonly #searches = new Map<Peer, Promise<void>>();
  readonly #dialler: Dialler;
  #running = false;
  #wokenAt = Number.NEGATIVE_INFINITY;
  /** Nodes known on our own network when one appeared last. */
  #near = 0;
  #cancelWake: (() => void) | undefined;

  constructor(core: Core) {
    this.#core = core;
    this.#dialler = new Dialler(core);
  }

  start(): void {
    this.#running = true;
    for (const peer of this.#core.book.peers()) this.wake(peer);
    this.#core.decoys.start();
  }

  stop(): void {
    this.#running = false;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#core.decoys.stop();
    for (const peer of this.#core.book.peers()) {
      peer.cancelRetry();
      peer.attempt?.abort();
    }
  }

  /** Looks for the contact now, unless a link is there or in the making. */
  wake(peer: Peer): void {
    peer.cancelRetry();
    peer.retryAt = undefined;
    if (!this.#running || !wanted(this.#core, peer)) return;
    background(this.#core, "seek-failed", async () => {
      const search = this.#seek(peer);
      this.#searches.set(peer, search);
      try {
        await search;
      } finally {
        if (this.#searches.get(peer) === search) this.#searches.delete(peer);
      }
    });
  }

  /** The person waits for this contact: looks for it now, and before others. */
  want(peer: Peer): void {
    peer.wantedAt = this.#core.clock.now();
    this.wake(peer);
  }

  /** Looks for the contact now, and resolves once that search, or the one that was under way, is over; then see `peer.trail`. */
  async search(peer: Peer): Promise<void> {
    this.want(peer);
    await this.#searches.get(peer)?.catch(() => undefined);
  }

  /**
   * A node appeared that can be asked: whoever was looked for while there was none is looked for now. Where few are known, or few on
   * our own network, it may be that of a contact, and makes the difference for the others as well; in a large mesh nodes come all the time.
   */
  peerAppeared(): void {
    const { book, rendezvous } = this.#core;
    for (const peer of book.peers())
      if (peer.trail?.asked === false && canAsk(this.#core, peer)) this.wake(peer);
    const near = rendezvous.peers("lan");
    const isNear = near > this.#near && near <= limits.fewHosts;
    this.#near = near;
    if (isNear || rendezvous.peers() <= limits.fewHosts) this.wakeAll();
  }

  /** Something changed on the network: look for everybody, but not more often than `limits.seekPause`. */
  wakeAll(): void {
    if (!this.#running || this.#cancelWake !== undefined) return;
    const { clock, book } = this.#core;
    const wait = pauseLeft(this.#wokenAt, limits.seekPause, clock.now());
    this.#cancelWake = clock.after(wait, () => {
      this.#cancelWake = undefined;
      this.#wokenAt = clock.now();
      for (const peer of book.peers()) this.wake(peer);
      this.#core.decoys.wake();
    });
  }

  /** The link with this contact is over: try again soon. */
  lost(peer: Peer): void {
    this.#later(peer);
  }

  #later(peer: Peer): void {
    peer.cancelRetry();
    if (!this.#running || !missing(this.#core, peer)) return;
    const wait = pause(limits.retry, peer.failures, chance(this.#core));
    peer.retryAt = this.#core.clock.now() + wait;
    peer.cancelRetry = this.#core.clock.after(wait, () => this.wake(peer));
  }

  async #seek(peer: Peer): Promise<void> {
    const controller = new AbortController();
    const attempt: Attempt = {
      outbound: true,
      caller: undefined,
      moves: undefined,
      abort: () => controller.abort(),
    };
    begin(peer, attempt);
    let linked = false;
    try {
      await this.#expire(peer);
      linked = await this.#tryAll(peer, attempt, controller);
    } catch (error) {
      // An attempt that was given up has not failed.
      if (!controller.signal.aborted) throw error;
    } finally {
      end(peer, attempt);
      if (!linked) {
        this.#later(peer);
        // An attempt counts only if there was anybody to ask: a node that has just started knows no one yet.
        if (canAsk(this.#core, peer)) peer.failures++;
      }
    }
  }

  /** Gives up an invite that its maker does not answer any more. */
  async #expire(peer: Peer): Promise<void> {
    const { invite, pairing } = peer.contact;
    if (invite === undefined) return;
    // Once keys were agreed, the maker may have us as a contact, or a request may wait for its word.
    const grace = pairing === "invited" ? limits.pairClockSkew : limits.inviteExpiryMax;
    if (this.#core.clock.now() <= invite.expiresAt + grace) return;
    await inTurn(this.#core, peer, async () => {
      if (peer.contact.invite === invite) await endPairing(this.#core, peer, invite, "expired");
    });
  }

  /**
   * Cached addresses first, without a PeerId; the rendezvous when that fails or takes long, and the public one last. A machine that is
   * gone says nothing, and does so for as long as one cares to wait: whoever has a record by then needs to wait no longer.
   */
  async #tryAll(peer: Peer, attempt: Attempt, controller: AbortController): Promise<boolean> {
    const tried = new Set<HostId>();
    const { clock } = this.#core;
    const trail = newTrail(clock.now());
    peer.trail = trail;
    const { addresses } = peer.contact;
    const go = (target: Target, from: Dialled["from"], better?: Ahead<unknown>) =>
      this.#try(peer, attempt, controller, { tried, trail, from }, target, better);
    const look = (signal: AbortSignal) => recordsOf(this.#core, peer, trail, signal);
    const records = ahead(clock, limits.lookAhead, look, controller.signal);
    if (addresses.length > 0 && (await go({ addresses }, "last", records))) {
      records.end();
      return true;
    }
    trail.asked = canAsk(this.#core, peer);
    for await (const found of records.items) {
      this.#announce(peer, found.time);
      if (await go(found.body, "record")) return true;
      if (controller.signal.aborted || !missing(this.#core, peer)) return false;
    }
    for await (const addresses of hintsOf(this.#core, peer, controller.signal)) {
      if (await go({ addresses }, "public")) return true;
      if (controller.signal.aborted || !missing(this.#core, peer)) return false;
    }
    return false;
  }

  #announce(peer: Peer, time: number): void {
    const { book, events } = this.#core;
    const before = book.view(peer).announced;
    peer.announcedAt = Math.max(peer.announcedAt ?? 0, time);
    if (!before) events.emit({ type: "presence", contact: book.view(peer) });
  }

  async #try(
    peer: Peer,
    attempt: Attempt,
    controller: AbortController,
    { tried, trail, from }: Course,
    target: Target,
    better?: Ahead<unknown>,
  ): Promise<boolean> {
    if (controller.signal.aborted) return false;
    if (target.host && tried.has(target.host)) return false;
    const { channel, fault } = await this.#dialler.dial(peer, target, controller.signal, better);
    if (channel === undefined) {
      noteUnreached(trail, from, target.addresses, fault);
      return false;
    }
    const dialled: Dialled = { address: channel.remoteAddress, from, reached: true };
    trail.dials.push(dialled);
    tried.add(channel.remote);
    if (controller.signal.aborted || settled(peer)) {
      channel.abort();
      return false;
    }
    const silence = (): void => channel.abort();
    controller.signal.addEventListener("abort", silence);
    let result: CallResult;
    try {
      result = await call(this.#core, peer, channel, attempt, (lost) => this.lost(lost));
    } finally {
      controller.signal.removeEventListener("abort", silence);
      attempt.moves?.end();
      attempt.moves = undefined;
    }
    // The next address may be theirs: from now on our hello is out no more.
    attempt.caller = undefined;
    dialled.answer = result;
    return result === "linked";
  }
}

// Whether a contact is to be looked for.

/** Whether there is a link that stays: one on a host of ours that goes has to move. */
export function settled({ link }: Peer): boolean {
  return link !== undefined && link.channel.leaving !== true;
}

/** Whether a link with this contact is wanted and not there. */
export function missing(core: Core, peer: Peer): boolean {
  const { removed, contact } = peer;
  const scope = allowed(core, contact.account) ? scopeOf(contact, core.transport) : undefined;
  const may = scope !== undefined && mayLink(core, peer);
  return !removed && reachable(contact) && !settled(peer) && may;
}

export function wanted(core: Core, peer: Peer): boolean {
  return missing(core, peer) && peer.attempt === undefined;
}
