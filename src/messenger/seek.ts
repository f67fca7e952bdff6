/**
 * Finds contacts that are not linked: where they were last, then what the rendezvous says; and tries again, later
 * and later, until they appear.
 */
import { type HostId, limits, pause, pauseLeft } from "../base/index.ts";
import { openRecord } from "../dht/index.ts";
import { type CallResult, call, endPairing, turningOf } from "./call.ts";
import { reachable } from "./contact.ts";
import { background, type Core, chance, inTurn } from "./core.ts";
import { within } from "./deadline.ts";
import { lookupKeys } from "./keys.ts";
import { begin, end } from "./links.ts";
import type { Attempt, Peer } from "./peer.ts";
import { sealerOf } from "./signal.ts";

export class Seeker {
  readonly #core: Core;
  #running = false;
  #wokenAt = Number.NEGATIVE_INFINITY;
  #cancelWake: (() => void) | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  start(): void {
    this.#running = true;
    for (const peer of this.#core.book.peers()) this.wake(peer);
  }

  stop(): void {
    this.#running = false;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    for (const peer of this.#core.book.peers()) {
      peer.cancelRetry();
      peer.attempt?.abort();
    }
  }

  /** Looks for the contact now, unless a link is there or in the making. */
  wake(peer: Peer): void {
    peer.cancelRetry();
    if (!this.#running || !wanted(peer)) return;
    background(this.#core, "seek-failed", () => this.#seek(peer));
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
    });
  }

  /** The link with this contact is over: try again soon. */
  lost(peer: Peer): void {
    this.#later(peer);
  }

  #later(peer: Peer): void {
    peer.cancelRetry();
    if (!this.#running || !missing(peer)) return;
    const wait = pause(limits.retry, peer.failures, chance(this.#core));
    peer.cancelRetry = this.#core.clock.after(wait, () => this.wake(peer));
  }

  async #seek(peer: Peer): Promise<void> {
    const controller = new AbortController();
    const attempt: Attempt = {
      outbound: true,
      remote: undefined,
      helloSent: false,
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
        if (this.#core.rendezvous.peers() > 0) peer.failures++;
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

  /** Cached addresses first, without a PeerId; the rendezvous only when that fails. */
  async #tryAll(peer: Peer, attempt: Attempt, controller: AbortController): Promise<boolean> {
    const tried = new Set<HostId>();
    const { addresses } = peer.contact;
    if (addresses.length > 0 && (await this.#try(peer, attempt, controller, tried, { addresses })))
      return true;
    const { crypto, rendezvous, clock } = this.#core;
    const turning = turningOf(peer);
    if (turning === undefined) return false;
    // The maker of an invite is always side "a".
    const theirs = turning.kind === "pair" && peer.contact.role === "a" ? "b" : "a";
    for (const keys of lookupKeys(crypto, turning, theirs, clock.now())) {
      for await (const record of rendezvous.lookup(keys.tag, controller.signal)) {
        const opened = openRecord(crypto, keys, record, clock.now());
        if (opened.kind === "refused") continue;
        this.#announce(peer, opened.time);
        if (await this.#try(peer, attempt, controller, tried, opened.body)) return true;
        if (controller.signal.aborted || !wanted(peer)) return false;
      }
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
    tried: Set<HostId>,
    target: { readonly addresses: readonly string[]; readonly host?: HostId },
  ): Promise<boolean> {
    const { transport, clock } = this.#core;
    if (controller.signal.aborted) return false;
    if (target.host === transport.host || (target.host && tried.has(target.host))) return false;
    const seal = sealerOf(this.#core, peer);
    const dialling = transport
      .dial({ ...target, ...(seal && { seal }) }, controller.signal)
      .catch(() => undefined);
    const patience = target.host === undefined ? limits.cachedDial : limits.dialTimeout;
    const channel = await within(clock, patience, dialling, () => {
      void dialling.then((late) => late?.abort());
    });
    if (channel === undefined) return false;
    tried.add(channel.remote);
    if (controller.signal.aborted || peer.link !== undefined) {
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
    }
    // The next address may be theirs: from now on our hello is out no more.
    attempt.helloSent = false;
    return result === "linked";
  }
}

/** Whether a link with this contact is wanted and not there. */
function missing({ removed, contact, link }: Peer): boolean {
  return !removed && reachable(contact) && link === undefined;
}

function wanted(peer: Peer): boolean {
  return missing(peer) && peer.attempt === undefined;
}
