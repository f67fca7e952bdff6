import assert from "node:assert/strict";
import type { Conversation } from "../../src/api/index.ts";
import { written } from "../../src/base/index.ts";
import { conversationLine } from "../../src/cli/commands/conversations.ts";

describe("a line of sotto conversations", () => {
  const line = (ref: string): string => {
    const flags = { unread: 0, muted: false, pinned: false, archived: false };
    return written(conversationLine({ ref, name: "club", ...flags } as Conversation, 6));
  };

  it("shows a group after #, and a contact by its name", () => {
    assert.match(line("group:0a"), /^#club {3}/);
    assert.match(line("a".repeat(52)), /^club {4}/);
  });
});
