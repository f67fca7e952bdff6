/**
 * Waiting for a state of a message or of a pairing. Each listens before it acts, so that nothing is
 * missed.
 */
import type { SendResult } from "../../../api/index.ts";
import { type AccountId, type MessageId, SottoError } from "../../../base/index.ts";
import type {
  ContactView,
  LoggedEvent,
  MessageState,
  MessageView,
  Messenger,
} from "../../../messenger/index.ts";
import type { Clock } from "../../../ports/index.ts";

const rank: Record<MessageState, number> = {
  queued: 0,
  sent: 1,
  delivered: 2,
  read: 3,
  failed: 4,
  received: 4,
};

/** How long a wait may take, and what else ends it. */
export interface Patience {
  /** ms. */
  readonly timeout: number;
  /** The one who asked has gone. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Sends, and waits until the message has come as far as `state`, has failed, or the time is over.
 * Throws `key-changed` when the contact shows another key meanwhile, and what `Messenger.send`
 * throws.
 */
export async function sendAndWait(
  messenger: Messenger,
  send: () => Promise<MessageView>,
  state: "sent" | "delivered" | "read",
  patience: Patience,
): Promise<Omit<SendResult, "contact"> & { readonly message: MessageView }> {
  const start = patience.clock.now();
  const seen = new Map<MessageId, MessageView>();
  const changed = new Set<AccountId>();
  const bell = createBell(patience);
  const unsubscribe = messenger.subscribe((event) => {
    if (event.type === "message.state") seen.set(event.message.id, event.message);
    else if (event.type === "key.changed") changed.add(event.contact.account);
    else return;
    bell.ring();
  });
  try {
    const sent = await send();
    for (;;) {
      const message = seen.get(sent.id) ?? sent;
      const elapsed = patience.clock.now() - start;
      if (rank[message.state] >= rank[state]) return { message, timedOut: false, elapsed };
      if (changed.has(sent.contact))
        throw new SottoError(
          "key-changed",
          "The contact shows another account key than before; the message is kept here.",
        );
      if (bell.over()) return { message, timedOut: true, elapsed };
      await bell.next();
    }
  } finally {
    unsubscribe();
    bell.end();
  }
}

/**
 * Changes a message, and waits until the change has reached the peer or the time is over.
 * @param goesOut whether there is anything to wait for; asked once the change is made.
 */
export async function changeAndWait(
  messenger: Messenger,
  change: () => Promise<MessageView>,
  goesOut: (message: MessageView) => boolean,
  patience: Patience,
): Promise<Omit<SendResult, "contact"> & { readonly message: MessageView }> {
  const start = patience.clock.now();
  const seen = new Map<MessageId, MessageView>();
  const bell = createBell(patience);
  const unsubscribe = messenger.subscribe((event) => {
    if (event.type !== "message.changed") return;
    seen.set(event.message.id, event.message);
    bell.ring();
  });
  try {
    const changed = await change();
    const waits = goesOut(changed);
    for (;;) {
      const message = seen.get(changed.id) ?? changed;
      const elapsed = patience.clock.now() - start;
      if (!message.changing || !waits) return { message, timedOut: false, elapsed };
      if (bell.over()) return { message, timedOut: true, elapsed };
      await bell.next();
    }
  } finally {
    unsubscribe();
    bell.end();
  }
}

/**
 * The confirmation of a one-use invite follows the handshake in one round trip; that of a reusable
 * one may take days.
 */
const CONFIRMATION_GRACE = 1_000;

/**
 * Adds, and waits until pairing has come further than `invited` or the time is over. A handshake is
 * given a moment to be confirmed.
 */
export async function addAndWait(
  messenger: Messenger,
  add: () => Promise<ContactView>,
  patience: Patience,
): Promise<{ readonly contact: ContactView; readonly timedOut: boolean }> {
  const seen = new Map<AccountId, ContactView>();
  const bell = createBell(patience);
  let shaken = false;
  const unsubscribe = messenger.subscribe((event) => {
    if (!("contact" in event)) return;
    seen.set(event.contact.account, event.contact);
    bell.ring();
  });
  try {
    const added = await add();
    for (;;) {
      const contact = seen.get(added.account) ?? added;
      const invited = contact.pairing === "invited";
      if (!invited && contact.pairing !== "handshaken") return { contact, timedOut: false };
      if (bell.over()) return { contact, timedOut: invited };
      if (!invited && !shaken) {
        shaken = true;
        bell.within(CONFIRMATION_GRACE);
      }
      await bell.next();
    }
  } finally {
    unsubscribe();
    bell.end();
  }
}

/** The oldest events that a follower has not acknowledged; waits for one where there is none. */
export async function readAndWait(
  messenger: Messenger,
  name: string,
  limit: number,
  patience: Patience,
): Promise<{ readonly events: readonly LoggedEvent[]; readonly more: boolean }> {
  if (patience.timeout === 0) return messenger.readEvents(name, { limit });
  const bell = createBell(patience);
  const unsubscribe = messenger.subscribe((event) => {
    if ("cursor" in event) bell.ring();
  });
  try {
    for (;;) {
      const page = await messenger.readEvents(name, { limit });
      if (page.events.length > 0 || bell.over()) return page;
      await bell.next();
    }
  } finally {
    unsubscribe();
    bell.end();
  }
}

/** Rings when something was seen, when the time is over, and when the one who asked has gone. */
function createBell({ timeout, signal, clock }: Patience) {
  let rung = false;
  let over = signal.aborted;
  let wake: () => void = () => undefined;
  const ring = () => {
    rung = true;
    wake();
  };
  const finish = () => {
    over = true;
    ring();
  };
  const timers = [clock.after(timeout, finish)];
  signal.addEventListener("abort", finish, { once: true });
  return {
    ring,
    over: () => over,
    /** The time is over after `ms` at the latest. */
    within: (ms: number) => timers.push(clock.after(ms, finish)),
    /** Resolves at the next ring; at once when it rang since the last call. */
    async next(): Promise<void> {
      if (!rung)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      rung = false;
    },
    end() {
      for (const cancel of timers) cancel();
      signal.removeEventListener("abort", finish);
    },
  };
}
