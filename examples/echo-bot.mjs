/**
 * An echo bot: answers each message with its own text.
 *
 *   sotto up --detach && node examples/echo-bot.mjs
 *
 * Messages that arrive while the bot does not run are not answered; translator.mjs shows how they
 * are.
 */
import { connect } from "sotto";

const node = await connect({ reconnect: true });
process.once("SIGINT", () => node.close());
process.once("SIGTERM", () => node.close());
console.log("The echo bot listens. ^C stops it.");

for await (const { contact, text, id } of node.messages()) {
  // With the key, a repeated call is one message.
  await node.call("message.send", { who: contact, text, replyTo: id, key: `echo ${id}` });
}
