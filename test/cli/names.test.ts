import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "../../src/index.ts";
import { build, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

/** Cyrillic о. */
const LOOKS_LIKE_BOB = "b\u043eb";

describe("names on the command line", function () {
  this.timeout(120_000);
  let sotto: Program;
  let alice: string;
  let accounts: Record<"bob" | "mallory", string>;
  const run = async (home: string, ...args: string[]): Promise<string> => {
    const ran = await runHere(home, args);
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    return ran.out;
  };

  before(async () => {
    sotto = build();
    alice = sotto.home("alice");
    await sotto.up(alice, "--name", "alice");
    const paired = async (home: string, name: string): Promise<string> => {
      await sotto.up(home, "--name", name);
      const { link } = JSON.parse(await run(alice, "invite", "--hints", "--json"));
      await run(home, "add", link);
      return JSON.parse(await run(home, "id", "--json")).account;
    };
    const bob = await paired(sotto.home("bob"), "bob");
    accounts = { bob, mallory: await paired(sotto.home("mallory"), LOOKS_LIKE_BOB) };
  });
  after(() => sotto.clear());

  it("mark a contact whose name looks like another one", async () => {
    const list = await run(alice, "contacts");
    assert.match(
      list,
      new RegExp(`^bob-2 .*LOOKS LIKE "bob", calls itself "${LOOKS_LIKE_BOB}"$`, "m"),
    );
    assert.match(list, /^bob {2,}.* not verified$/m);
    const shown = await run(alice, "contacts", "show", "bob-2");
    assert.match(shown, /^name {7}bob-2 {2}calls itself .* LOOKS LIKE "bob"$/m);
    assert.match(shown, new RegExp(`^account {4}${accounts.mallory}$`, "m"));
  });

  it("show who used an invite, and one contact", async () => {
    assert.match(await run(alice, "invite", "ls"), / used .* until .* {2}by bob$/m);
    assert.match(await run(alice, "contacts", "bob"), /^name {7}bob$/m);
    const { invites } = JSON.parse(await run(alice, "--json", "invite", "ls"));
    const users = invites.flatMap(({ usedBy }: { usedBy: string[] }) => usedBy);
    assert.deepEqual(users.toSorted(), Object.values(accounts).toSorted());
  });

  it("mean one contact in every command, and account ids mean their account", async () => {
    for (const who of ["BOB", accounts.bob, accounts.bob.slice(0, 16)]) {
      const sent = JSON.parse(await run(alice, "send", "--json", who, "hi"));
      assert.equal(sent.contact.account, accounts.bob);
    }
    const refused = await runHere(alice, ["send", accounts.bob.slice(0, 15), "hi"]);
    assert.equal(refused.code, 6);
    const replied = await runHere(alice, ["send", "--reply", "last", "bob", "yes"]);
    assert.equal(replied.code, 6, "bob has written nothing");
    const file = `${alice}/bob.json`;
    await run(alice, "export", file, "--contact", "bob");
    const { conversations } = JSON.parse(readFileSync(file, "utf8"));
    assert.deepEqual(
      conversations.map(({ contact }: { contact: { account: string } }) => contact.account),
      [accounts.bob],
    );
  });

  it("warn when the user chooses one that looks like another, and refuse what is no name", async () => {
    const ran = await runHere(alice, ["contacts", "rename", "bob-2", LOOKS_LIKE_BOB]);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.err, /LOOKS LIKE "bob"/);
    for (const name of ["#club", "group:club", "abcdefghijklmnop"])
      assert.equal((await runHere(alice, ["contacts", "rename", "bob", name])).code, 2, name);
    const init = await runHere(sotto.home("none"), ["init", "--name", "group:club"]);
    assert.equal(init.code, 2);
    assert.match(init.err, /as the name of a group does/);
  });

  it("limit a token, which the node enforces and revokes", async () => {
    const secret = (
      await run(alice, "token", "create", "report", "--scope", "post", "--peer", "bob")
    ).trim();
    assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
    assert.match(await run(alice, "token"), /^report +post +socket +never used +only bob$/m);
    const client = await connect({ home: alice });
    await client.call("connection.restrict", { token: secret, for: "socket" });
    const sent = await client.call("message.post", { who: "bob", text: "by a program" });
    assert.equal(sent.id.length, 26);
    await assert.rejects(client.call("message.post", { who: "bob-2", text: "x" }), {
      code: "contact-unknown",
    });
    await assert.rejects(client.call("message.list", { who: "bob" }), { code: "scope-missing" });
    assert.match(await run(alice, "token", "ls"), /used 2\d{3}-\d\d-\d\d {2}only bob$/m);
    const refused = await sotto.run(alice, ["token", "revoke", "report"]);
    assert.equal(refused.code, 2);
    assert.match(await run(alice, "token", "revoke", "report", "--yes"), /revoked/);
    await assert.rejects(client.call("node.state", {}), { code: "node-not-running" });
    assert.equal((await sotto.run(alice, ["token", "revoke", "report", "--yes"])).code, 6);
  });
});
