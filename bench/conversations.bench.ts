/**
 * The list of 1,000 conversations of 100 messages each: in one call right after a start, then again,
 * and as one page of each conversation, as clients did without it. Also a page of one conversation
 * in its order, and pages by arrival.
 */
import { accountId, messageId } from "../src/base/index.ts";
import { createAccount } from "../src/messenger/index.ts";
import { newContact } from "../src/messenger/model/contact.ts";
import { type MessageRow, putMessage } from "../src/messenger/model/message.ts";
import { lineOf } from "../src/messenger/model/position.ts";
import { putArrival } from "../src/messenger/state/arrivals.ts";
import { putContact } from "../src/messenger/state/contact-store.ts";
import { moveLines } from "../src/messenger/state/order-index.ts";
import type { StoreOp } from "../src/ports/index.ts";
import { clock, crypto, messengerOver, openStoreIn } from "./lib/alone.ts";
import { runFilled } from "./lib/filled.ts";
import { durations, quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const CONVERSATIONS = 1_000;
const EACH = 100;

async function fill(directory: string): Promise<void> {
  const store = await openStoreIn(directory);
  await createAccount({ crypto, store, clock }, { name: "bench" });
  for (let i = 0; i < CONVERSATIONS; i++) {
    const account = accountId.from(crypto.random(32));
    const fields = { account, name: `c${i}`, named: true, handle: `c${i}`, role: "a" } as const;
    const contact = newContact(crypto, 0, { ...fields, pairing: "confirmed", blocked: true });
    const conversation = { ...contact.conversation, nextAt: EACH + 1, lamport: EACH, unread: 3 };
    const { ref } = conversation;
    const ops: StoreOp[] = [putContact({ ...contact, conversation })];
    for (let at = 1; at <= EACH; at++) {
      const arrival = at * CONVERSATIONS + i;
      const row: MessageRow = {
        id: messageId.from(crypto.random(16)),
        direction: "in",
        text: `message ${at} of the conversation with c${i}`,
        state: "received",
        sequence: at,
        lamport: at,
        parents: [],
        arrival,
        sentAt: 1_760_000_000_000 + arrival,
      };
      const move = { before: undefined, after: at, line: lineOf(row, at) };
      ops.push(putMessage(ref, at, row), putArrival(arrival, { ref, at }));
      ops.push(...(await moveLines(store, ref, [move])));
    }
    await store.commit(ops);
  }
  await store.close();
}

async function measure(directory: string): Promise<void> {
  const store = await openStoreIn(directory);
  const messenger = await messengerOver(store);
  const list = () => messenger.conversations();
  const [first] = await durations(list, { count: 1 });
  const again = await durations(async () => JSON.stringify(await list()), { count: 20, warmup: 3 });
  const whos = messenger.contacts().map(({ account }) => account);
  const [single] = await durations(
    async () => {
      for (const who of whos) await messenger.page(who, { limit: 1 });
    },
    { count: 1, warmup: 1 },
  );
  const who = whos[7] ?? "";
  const page = await durations(() => messenger.page(who, { limit: 50 }), { count: 20, warmup: 3 });
  const arrived = await durations(() => messenger.arrivals({ limit: 50 }), {
    count: 20,
    warmup: 3,
  });
  await store.close();
  const beside = { name: "one call for each", value: single as number };
  const unit = "ms";
  const figures: Figure[] = [
    { name: "the list right after a start", value: first as number, unit, beside },
    { name: "the list again, as JSON", value: quantile(again, 0.5), unit, beside },
    { name: "50 messages in the order", value: quantile(page, 0.5), unit },
    { name: "50 messages by arrival", value: quantile(arrived, 0.5), unit },
  ];
  printTable(`${CONVERSATIONS} conversations of ${EACH} messages`, figures);
}

await runFilled({ bench: import.meta.url, fill, measure });
