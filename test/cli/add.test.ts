import assert from "node:assert/strict";
import { Command } from "commander";
import type { Part } from "../../src/base/index.ts";
import { written } from "../../src/base/index.ts";
import { define } from "../../src/cli/commands/add.ts";
import type { Context } from "../../src/cli/runtime/context.ts";
import { shownContact } from "./contact.ts";

/** Adds a contact who is known and came by these open invites. @returns calls and texts. */
async function add(invites: readonly { readonly id: string }[], ...args: string[]) {
  const said: string[] = [];
  const calls: unknown[] = [];
  const say = (text: Part): void => void said.push(written(text));
  const context = {
    interactive: false,
    out: { data: say, say, warn: say },
    call: async (method: string, params: object) => {
      calls.push([method, params]);
      return { contact: shownContact, invites, timedOut: false };
    },
  } as unknown as Context;
  const command = new Command("add");
  define(command, context);
  await command.parseAsync(["sotto:x", ...args], { from: "user" });
  return { said: said.join("\n"), calls, methods: calls.map((call) => (call as string[])[0]) };
}

describe("cli, adding a known contact under another policy", () => {
  const open = [{ id: "invite1" }];
  const who = shownContact.account;

  it("never revokes an invite in the first call, and reports what is revoked", async () => {
    const { said, calls } = await add(open, "--policy", "lan");
    const added = {
      link: "sotto:x",
      as: undefined,
      policy: "lan",
      wait: 20_000,
      keepInvites: true,
    };
    assert.deepEqual(calls, [
      ["contact.add", added],
      ["contact.invites", { who }],
      ["contact.policy", { who, policy: "lan", keepInvites: false }],
    ]);
    assert.match(said, /reusable invite invite1 by which they came: revoked/);
  });

  it("keeps invites on request, and calls nothing more where there are none", async () => {
    const kept = await add(open, "--policy", "hidden", "--keep-invites");
    assert.deepEqual(kept.methods, ["contact.add", "contact.invites"]);
    assert.match(kept.said, /can still find you by the invite invite1/);
    const none = await add([], "--policy", "hidden");
    assert.deepEqual(none.methods, ["contact.add", "contact.invites"]);
    assert.deepEqual((await add(open, "--policy", "any")).methods, ["contact.add"]);
  });
});
