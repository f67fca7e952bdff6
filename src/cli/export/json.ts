/** Conversations as one JSON document, one API view per line (docs/EXPORT.md). */
import type { Everything } from "./conversations.ts";

export async function* exportJson(all: Everything): AsyncGenerator<string> {
  yield '{\n"format": "sotto-export",\n"version": 1,\n';
  yield `"exportedAt": ${all.exportedAt},\n"account": ${JSON.stringify(all.account)},\n`;
  yield '"conversations": [';
  let next = "\n";
  for (const { contact, messages } of all.conversations) {
    yield `${next}{ "contact": ${JSON.stringify(contact)},\n  "messages": [`;
    let nextMessage = "\n";
    for await (const message of messages) {
      yield `${nextMessage}    ${JSON.stringify(message)}`;
      nextMessage = ",\n";
    }
    yield "\n  ] }";
    next = ",\n";
  }
  yield "\n]\n}\n";
}
