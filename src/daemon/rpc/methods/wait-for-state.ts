/**
 * Waits for a state of a message or a pairing. Subscribes before it acts, so no event is missed.
 */
import type { SendResult } from "../../../api/index.ts";
import type { AccountId, MessageId } from "../../../base/index.ts";
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
  held: 2,
  delivered: 3,
  read: 4,
  failed: 5,
  cancelled: 5,
  received: 5,
};

/** How long a call waits, and what else ends the wait. */
export interface WaitLimit {
  /** ms. */
  readonly timeout: number;
  /** Aborted when the client has closed its connection. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Sends, and waits until the message reaches `state`, fails, or the time is over; not longer if the
 * account key of the contact changes, since the message then waits for the user. Throws what
 * `Messenger.send` throws, and nothing once the message is stored.
 */
export async function sendAndWait(
  messenger: Messenger,
  send: () => Promise<MessageView>,
  state: "sent" | "held" | "delivered" | "read",
  wait: WaitLimit,
): Promise<Omit<SendResult, "contact"> & { readonly message: MessageView }> {
  const start = wait.clock.now();
  const seen = new Map<MessageId, MessageView>();
  const changed = new Set<string>();
  const bell = createBell(wait);
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
      const elapsed = wait.clock.now() - start;
      if (rank[message.state] >= rank[state]) return { message, timedOut: false, elapsed };
      if (bell.over() || changed.has(sent.ref)) return { message, timedOut: true, elapsed };
      await bell.next();
    }
  } finally {
    unsubscribe();
    bell.end();
  }
}

/**
 * Changes a message, and waits until the change is delivered or the time is over.
 * @param isSent whether to wait; called after the change.
 */
export async function changeAndWait(
  messenger: Messenger,
  change: () => Promise<MessageView>,
  isSent: (message: MessageView) => boolean,
  wait: WaitLimit,
): Promise<Omit<SendResult, "contact"> & { readonly message: MessageView }> {
  const start = wait.clock.now();
  const seen = new Map<MessageId, MessageView>();
  const bell = createBell(wait);
  const unsubscribe = messenger.subscribe((event) => {
    if (event.type !== "message.changed") return;
    seen.set(event.message.id, event.message);
    bell.ring();
  });
  try {
    const changed = await change();
    const waits = isSent(changed);
    for (;;) {
      const message = seen.get(changed.id) ?? changed;
      const elapsed = wait.clock.now() - start;
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
 * Time for the confirmation, ms: one round trip for a one-use invite, but days for a reusable one.
 */
const CONFIRMATION_GRACE = 1_000;

/**
 * Adds a contact, and waits until pairing is beyond `invited` or the time is over; after the
 * handshake it waits a moment for the confirmation.
 */
export async function addAndWait(
  messenger: Messenger,
  add: () => Promise<ContactView>,
  wait: WaitLimit,
): Promise<{ readonly contact: ContactView; readonly timedOut: boolean }> {
  const seen = new Map<AccountId, ContactView>();
  const bell = createBell(wait);
  let handshaken = false;
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
      if (!invited && !handshaken) {
        handshaken = true;
        bell.within(CONFIRMATION_GRACE);
      }
      await bell.next();
    }
  } finally {
    unsubscribe();
    bell.end();
  }
}

/** The oldest unacknowledged events of a durable subscription; waits if there is none. */
export async function readAndWait(
  messenger: Messenger,
  name: string,
  limit: number,
  wait: WaitLimit,
): Promise<{ readonly events: readonly LoggedEvent[]; readonly more: boolean }> {
  if (wait.timeout === 0) return messenger.readEvents(name, { limit });
  const bell = createBell(wait);
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

/** Rings after an event, at the timeout, and when the client is gone. */
function createBell({ timeout, signal, clock }: WaitLimit) {
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
    /** Shortens the timeout to `ms` from now. */
    within: (ms: number) => timers.push(clock.after(ms, finish)),
    /** Resolves at the next ring, or at once if it rang since the last call. */
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
