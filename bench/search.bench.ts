/**
 * Search over a large store: 100,000 messages in 1,000 conversations (another number comes from
 * BENCH_MESSAGES), of eight words each from a vocabulary of 20,000 that is used as languages are
 * (Zipf). Beside it: reading and comparing every message.
 */
import { join } from "node:path";
import { accountId, messageId } from "../src/base/index.ts";
import { createAccount } from "../src/messenger/index.ts";
import { newContact } from "../src/messenger/model/contact.ts";
import { type MessageRow, putMessage } from "../src/messenger/model/message.ts";
import { decodeRow } from "../src/messenger/model/rows.ts";
import { putArrival } from "../src/messenger/state/arrivals.ts";
import { putContact } from "../src/messenger/state/contact-store.ts";
import type { StoreOp } from "../src/ports/index.ts";
import { matchesText, parseQuery } from "../src/search/index.ts";
import type { DiskStore } from "../src/store/index.ts";
import { clock, crypto, messengerOver, openStoreIn } from "./lib/alone.ts";
import { bytesIn, runFilled } from "./lib/filled.ts";
import { durations, quantile } from "./lib/measure.ts";
import { type Figure, printTable } from "./lib/table.ts";

const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 100_000);
const CONVERSATIONS = 1_000;
const EACH = Math.ceil(MESSAGES / CONVERSATIONS);
const VOCABULARY = 20_000;
const WORDS = 8;
const BURST = 20;
const PAGE = 50;
/** The word of every this many messages, so that each question has as many answers in any run. */
const RARE = Math.floor(MESSAGES / 5);
/** The same: more messages than a search reads to learn when they arrived. */
const SELDOM = Math.floor(MESSAGES / 400);

/** A word of a rank: letters that spread over the alphabet as the rank grows. */
function word(rank: number): string {
  let text = "";
  for (let rest = rank * 7919 + 26; rest > 0; rest = Math.floor(rest / 26))
    text += String.fromCharCode(97 + (rest % 26));
  return text;
}

/** Ranks as languages use them: the second word half as often as the first, and so on. */
function rank(): number {
  return Math.floor(VOCABULARY ** Math.random()) - 1;
}

function text(number: number): string {
  const words = Array.from({ length: WORDS }, () => word(rank()));
  if (number % RARE === 0) words.push("zzyzx");
  if (number % SELDOM === 0) words.push("xyzzy");
  return words.join(" ");
}

async function fill(directory: string): Promise<void> {
  const store = await openStoreIn(directory);
  await createAccount({ crypto, store, clock }, { name: "bench" });
  const contacts = Array.from({ length: CONVERSATIONS }, (_, i) => {
    const contact = newContact(crypto, 0, {
      account: accountId.from(crypto.random(32)),
      name: `c${i}`,
      named: true,
      role: "a",
      pairing: "confirmed",
      blocked: true,
    });
    return { ...contact, conversation: { ...contact.conversation, nextAt: EACH + 1 } };
  });
  for (const contact of contacts) await store.commit([putContact(contact)]);
  let number = 0;
  for (let from = 1; from <= EACH; from += BURST)
    for (let first = 0; first < CONVERSATIONS; first += BURST) {
      const ops: StoreOp[] = [];
      for (const { ref } of contacts.slice(first, first + BURST))
        for (let at = from; at < Math.min(from + BURST, EACH + 1); at++) {
          const row: MessageRow = {
            id: messageId.from(crypto.random(16)),
            direction: "in",
            text: text(++number),
            state: "received",
            sequence: at,
            lamport: at,
            parents: [],
            sentAt: 1_760_000_000_000 + number,
            arrival: number,
          };
          ops.push(putMessage(ref, at, row), putArrival(number, { ref, at }));
        }
      await store.commit(ops);
    }
  await store.close();
}

/** What search costs without an index. */
async function readAll(store: DiskStore, question: string): Promise<number> {
  const asked = parseQuery(question);
  let found = 0;
  for (const bytes of await store.all("contact")) {
    const { ref } = decodeRow<{ ref: string }>(bytes);
    for (const { value } of await store.list("message", ref))
      if (matchesText(decodeRow<MessageRow>(value).text, asked)) found++;
  }
  return found;
}

const questions: readonly [name: string, question: string][] = [
  ["a word of five messages", "zzyzx"],
  ["a word of 400 messages", "xyzzy"],
  ["the start of a word", word(9000).slice(0, 4)],
  ["two words", `${word(30)} ${word(45)}`],
  ["the commonest word", word(0)],
  ["a word of none", "qqqqqqqq"],
];

type Searching = Awaited<ReturnType<typeof messengerOver>>;

/** Pages of the deepest one that is measured. */
const DEEP = 100;

/** Where the page of a question begins that has this number, and how many pages there are. */
async function pageAt(messenger: Searching, question: string, page: number) {
  let before: number | undefined;
  for (let read = 1; read < page; read++) {
    const which = { limit: PAGE, ...(before !== undefined && { before }) };
    const { hits, more } = await messenger.search(question, which);
    if (!more) return { before, page: read };
    before = hits.at(-1)?.message.arrival;
  }
  return { before, page };
}

async function measure(directory: string): Promise<void> {
  const before = bytesIn(join(directory, "db"));
  let store = await openStoreIn(directory);
  let messenger = await messengerOver(store);
  const started = performance.now();
  await messenger.search("zzyzx", { limit: PAGE });
  const taken = performance.now() - started;
  await store.close();
  const bytes = bytesIn(join(directory, "db")) - before;
  const figures: Figure[] = [
    { name: "taking in, for a message", value: (taken * 1000) / MESSAGES, unit: "µs" },
    { name: "bytes of the index for a message", value: bytes / MESSAGES, unit: "B" },
  ];
  let all: { readonly name: string; readonly value: number } | undefined;
  for (const [named, question] of questions) {
    const opens = await durations(
      async () => {
        store = await openStoreIn(directory);
      },
      { count: 1 },
    );
    const starts = await durations(
      async () => {
        messenger = await messengerOver(store);
      },
      { count: 1 },
    );
    const ask = () => messenger.search(question, { limit: PAGE });
    const [first] = await durations(ask, { count: 1 });
    const again = await durations(ask, { count: 9, warmup: 2 });
    if (all === undefined) {
      figures.push({ name: "opening the store", value: opens[0] as number, unit: "ms" });
      figures.push({ name: "a messenger's start over it", value: starts[0] as number, unit: "ms" });
      const [value] = await durations(() => readAll(store, question), { count: 1 });
      all = { name: "reading every message", value: value as number };
    }
    const unit = "ms";
    figures.push({
      name: `${named}, first after a start`,
      value: first as number,
      unit,
      beside: all,
    });
    figures.push({ name: `${named}, again`, value: quantile(again, 0.5), unit, beside: all });
    const { before, page } = await pageAt(messenger, question, DEEP);
    if (before !== undefined) {
      const onward = () => messenger.search(question, { limit: PAGE, before });
      const deep = await durations(onward, { count: 9, warmup: 2 });
      const name = `${named}, page ${page}`;
      figures.push({ name, value: quantile(deep, 0.5), unit, beside: all });
    }
    await messenger.stop();
    await store.close();
  }
  printTable(
    `Search, ${MESSAGES.toLocaleString("en-US")} messages in ${CONVERSATIONS} conversations`,
    figures,
  );
}

await runFilled({ bench: import.meta.url, fill, measure });
