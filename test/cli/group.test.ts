import assert from "node:assert/strict";
import type { GroupInvitation } from "../../src/api/index.ts";
import { written } from "../../src/base/index.ts";
import { invitationLine } from "../../src/cli/commands/group.ts";

describe("an invitation in sotto group ls", () => {
  it("states how many members there are, also where it is one", () => {
    const from = { account: "a".repeat(52), name: "alice" };
    const line = (members: number): string => {
      const invitation = { name: "club", from, members, state: "joining", expires: 0 };
      return written(invitationLine(invitation as GroupInvitation));
    };
    const rest = "waiting for alice to add you";
    assert.equal(line(1), `alice invites you to "club", 1 member: ${rest}`);
    assert.equal(line(3), `alice invites you to "club", 3 members: ${rest}`);
  });
});
