import assert from "node:assert/strict";
import type { Contact, Invite } from "../../../src/api/index.ts";
import { type Part, written } from "../../../src/base/index.ts";
import { endingInvites } from "../../../src/cli/args/keep-invites.ts";
import type { Context } from "../../../src/cli/runtime/context.ts";

const account = "b".repeat(52);

/** Blocks bob, who came by these open invites. @returns what was asked for and printed. */
async function run(invites: readonly Pick<Invite, "id">[], options: { keepInvites?: true }) {
  const said: string[] = [];
  const asked: unknown[] = [];
  const context = {
    interactive: false,
    out: { say: (text: Part) => said.push(written(text)) },
    call: async (method: string, params: object) => {
      asked.push([method, params]);
      return { contact: { account, name: "bob" } as unknown as Contact, invites };
    },
  } as unknown as Context;
  await endingInvites(context, "bob", options, async (who, keepInvites, open) => {
    asked.push([who, keepInvites, open]);
  });
  assert.deepEqual(asked[0], ["contact.invites", { who: "bob" }]);
  return { said, acted: asked.slice(1) };
}

const open = [{ id: "invite1" }] as unknown as Pick<Invite, "id">[];

describe("cli, the option --keep-invites", () => {
  it("revokes reusable invites without a terminal, and reports them", async () => {
    const { said, acted } = await run(open, {});
    assert.deepEqual(acted, [[account, false, 1]]);
    assert.match(said.join(), /reusable invite invite1 by which they came: revoked/);
  });

  it("keeps them on request, and reports what that means", async () => {
    const { said, acted } = await run(open, { keepInvites: true });
    assert.deepEqual(acted, [[account, true, 1]]);
    assert.match(said.join(), /can still find you by the invite invite1/);
  });

  it("says nothing where the contact came by no open reusable invite", async () => {
    assert.deepEqual(await run([], {}), { said: [], acted: [[account, false, 0]] });
  });
});
