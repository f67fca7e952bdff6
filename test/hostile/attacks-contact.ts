/** Attacks by a contact, who needs no forged frame: ordinary messages, as many as its link takes. */
import type { Client } from "../../src/api/index.ts";
import type { Report } from "./attack.ts";

/** An attack through the contact's own node. @param until ms since 1970. */
type ContactAttack = (contact: Client, who: string, until: number) => Promise<Report>;

const PARALLEL = 16;
const LONG = 64 * 1024;

/** Words that occur in no other message, as many as fit. */
function rareWords(length: number): string {
  let text = "";
  while (text.length < length - 16) text += `${Math.random().toString(36).slice(2, 9)} `;
  return text;
}

/** Repeats a job, several at a time, and each at least once. */
async function repeat(end: number, job: () => Promise<unknown>): Promise<Report> {
  let opened = 0;
  const worker = async () => {
    do {
      await job();
      opened += 1;
    } while (Date.now() < end);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return { opened, dropped: 0 };
}

export const contactAttacks: Readonly<Record<string, ContactAttack>> = {
  "long texts of rare words": (contact, who, until) =>
    repeat(until, () => contact.call("message.send", { who, text: rareWords(LONG) })),

  "edits of one message": async (contact, who, until) => {
    const { message } = await contact.call("message.send", { who, text: "short" });
    return repeat(until, () =>
      contact.call("message.edit", { id: message.id, text: rareWords(4_000) }),
    );
  },

  "reactions to a long message": async (contact, who, until) => {
    const { message } = await contact.call("message.send", { who, text: rareWords(LONG) });
    let turn = 0;
    return repeat(until, () =>
      contact.call("message.react", { id: message.id, emoji: turn++ % 2 === 0 ? "👍" : "👎" }),
    );
  },
};
