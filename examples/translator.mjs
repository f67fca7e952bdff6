/**
 * A translator with a durable subscription: answers every message with its translation, also those
 * that arrived while neither the bot nor the node ran.
 *
 *   node examples/translator.mjs
 *
 * Each event comes at least once. The idempotency key makes the answer to a repeated one the same
 * message, so nobody is answered twice.
 */
import { connect } from "sotto";

const words = new Map([
  ["hello", "hallo"],
  ["good", "gut"],
  ["morning", "Morgen"],
  ["thank", "danke"],
  ["you", "dir"],
  ["yes", "ja"],
  ["no", "nein"],
]);
const translate = (text) =>
  text.replace(/\p{L}+/gu, (word) => words.get(word.toLowerCase()) ?? word);

const node = await connect({ reconnect: true });
process.once("SIGINT", () => node.close());
process.once("SIGTERM", () => node.close());
console.log("The translator listens. ^C stops it.");

for await (const event of node.follow("translator", { types: ["message.new"] })) {
  if (event.type === "resync") console.error("Messages were dropped: too many were waiting.");
  if (event.type !== "message.new" || event.message.direction !== "in") continue;
  const { contact, text, id } = event.message;
  await node.call("message.send", {
    who: contact,
    text: translate(text),
    replyTo: id,
    key: `translator ${id}`,
  });
}
