/** Conversations as one JSON document, one API view per line (docs/EXPORT.md). */
import { displayJson } from "../../base/index.ts";
import type { Everything } from "./conversations.ts";

export async function* exportJson(all: Everything): AsyncGenerator<string> {
  yield '{\n"format": "sotto-export",\n"version": 1,\n';
  yield `"exportedAt": ${all.exportedAt},\n"account": ${displayJson(all.account)},\n`;
  yield '"conversations": [';
  let next = "\n";
  for (const { owner, messages } of all.conversations) {
    const { contact, group } = owner;
    const whose = contact ? `"contact": ${displayJson(contact)}` : `"group": ${displayJson(group)}`;
    yield `${next}{ ${whose},\n  "messages": [`;
    let nextMessage = "\n";
    for await (const message of messages) {
      yield `${nextMessage}    ${displayJson(message)}`;
      nextMessage = ",\n";
    }
    yield "\n  ] }";
    next = ",\n";
  }
  yield "\n]\n}\n";
}
