/** Dials contacts: a limited number at one time, each with a timeout of its own. */
import { type HostId, limits, PrioritySemaphore } from "../../base/index.ts";
import type { Channel, Clock, DialTarget } from "../../ports/index.ts";
import { sealerOf } from "../link/signalling.ts";
import { scopeOf } from "../model/link-policy.ts";
import { isUrgent, type Peer } from "../model/peer.ts";
import { withTimeout } from "../model/timeout.ts";
import type { Context } from "../state/context.ts";

export interface Target {
  readonly addresses: readonly string[];
  /** Absent for addresses of the last link, where another node may answer by now. */
  readonly host?: HostId;
}

/** The result of a dial; both are absent where it was aborted or timed out. */
export interface Dialling {
  readonly channel?: Channel | undefined;
  readonly fault?: unknown;
}

export class Dialer {
  readonly #context: Context;
  readonly #places = new PrioritySemaphore(limits.contactDials, limits.contactDialsUrgent);

  constructor(context: Context) {
    this.#context = context;
  }

  /** @param better is started with the dial, and ends the wait for it once something is there. */
  dial(
    peer: Peer,
    target: Target,
    signal: AbortSignal,
    better?: Prefetch<unknown>,
  ): Promise<Dialling> {
    const { clock } = this.#context;
    return this.#places.run(
      async () => (signal.aborted ? {} : this.#now(peer, target, signal, better)),
      () => isUrgent(peer, clock.now()),
    );
  }

  async #now(
    peer: Peer,
    target: Target,
    signal: AbortSignal,
    better: Prefetch<unknown> | undefined,
  ): Promise<Dialling> {
    const { transport, clock } = this.#context;
    const scope = scopeOf(peer.contact, transport);
    if (scope === undefined) return {};
    // An envelope goes through hosts far away, and tells them whom we look for.
    const seal = scope === "any" ? sealerOf(this.#context, peer) : undefined;
    const dialTarget: DialTarget = {
      ...target,
      scope,
      isolationKey: peer.contact.ref,
      ...(seal && { seal }),
    };
    better?.start();
    let fault: unknown;
    const dial = transport.dial(dialTarget, signal).catch((error: unknown) => {
      fault = error;
      return undefined;
    });
    const proxied = transport.proxied === true;
    // A way through a proxy takes long to make, and is worth waiting for.
    const given = proxied || better === undefined ? [] : [better.some.then(() => undefined)];
    const near = target.host === undefined ? limits.cachedDial : limits.dialTimeout;
    const patience = proxied ? limits.proxyDial : near;
    const first = Promise.race([dial, ...given]);
    const channel = await withTimeout(clock, patience, first, () => undefined);
    if (channel === undefined) void dial.then((late) => late?.abort());
    return { channel, fault };
  }
}

/** What is looked for before it is asked for. */
export interface Prefetch<Item> {
  readonly items: AsyncGenerator<Item>;
  /** Begins to search after the wait, if the items have not been asked for by then. */
  start(): void;
  /** Resolves once the first item is there, if one ever is. */
  readonly some: Promise<void>;
  /** No caller asks for more. */
  end(): void;
}

/**
 * Looks `wait` ms after it was started, or when the first item is asked for, whichever is sooner.
 */
export function prefetch<Item>(
  clock: Clock,
  wait: number,
  look: (signal: AbortSignal) => AsyncGenerator<Item>,
  signal: AbortSignal,
): Prefetch<Item> {
  const own = new AbortController();
  const items = look(AbortSignal.any([signal, own.signal]));
  let first: Promise<IteratorResult<Item>> | undefined;
  const begin = (): Promise<IteratorResult<Item>> => {
    first ??= items.next();
    return first;
  };
  let cancel = (): void => undefined;
  let found = (): void => undefined;
  const some = new Promise<void>((resolve) => {
    found = resolve;
  });
  const early = (): void => {
    // An error is for the reader of the items.
    begin().then(
      ({ done }) => !done && found(),
      () => undefined,
    );
  };
  /** Lets the source clean up, wherever it stopped. Not awaited: it may wait for the network. */
  const close = (): void => void items.return(undefined).catch(() => undefined);
  async function* read(): AsyncGenerator<Item> {
    cancel();
    try {
      const one = await begin();
      if (one.done) return;
      yield one.value;
      yield* items;
    } finally {
      close();
    }
  }
  return {
    items: read(),
    some,
    start() {
      cancel = clock.after(wait, early);
    },
    end() {
      cancel();
      own.abort();
      close();
    },
  };
}
