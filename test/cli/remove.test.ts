import assert from "node:assert/strict";
import { connect } from "../../src/index.ts";
import { build, type Program } from "./built.ts";
import { printedJson, runHere } from "./in-process.ts";

describe("a command that destroys something", function () {
  this.timeout(90_000);
  let sotto: Program;
  let alice: string;
  let bob: string;
  const json = (home: string, ...args: string[]) => printedJson(home, ...args);
  const refusal = async (...args: string[]) => {
    const ran = await runHere(bob, ["--json", ...args]);
    assert.equal(ran.code, 2, ran.out);
    const { code, message, remedy } = JSON.parse(ran.err).error;
    assert.equal(code, "confirmation-needed");
    assert.match(remedy, /--yes/);
    return message as string;
  };

  before(async () => {
    sotto = build();
    [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    await sotto.up(alice, "--name", "alice");
    await sotto.up(bob, "--name", "bob");
    const { link } = await json(alice, "invite", "--hints");
    await json(bob, "add", link);
    await json(bob, "send", "--wait", "delivered", "alice", "hello");
    for (const text of ["one", "two"])
      await json(alice, "send", "--wait", "delivered", "bob", text);
  });
  after(() => sotto.clear());

  it("removes a contact only with --yes without a terminal, and says what is lost", async () => {
    const message = await refusal("contacts", "rm", "alice");
    assert.equal(
      message,
      "This removes alice: 3 messages (2 unread) and the keys. It cannot be undone.",
    );
    assert.equal((await json(bob, "read", "alice", "--peek")).messages.length, 3);
    assert.equal((await runHere(bob, ["contacts", "rm", "nobody"])).code, 6);
  });

  it("removes a durable subscription with events only with --yes, and an empty one at once", async () => {
    const node = await connect({ socket: `${bob}/sotto.sock` });
    for (const name of ["bot", "idle"]) await node.call("event.follow", { name });
    node.close();
    await json(bob, "subscriptions", "rm", "idle");
    await json(alice, "send", "--wait", "delivered", "bob", "three");
    const message = await refusal("subscriptions", "rm", "bot");
    assert.match(message, /^bot has not received [1-9]\d* events?\. They are deleted\.$/);
    await json(bob, "subscriptions", "rm", "bot", "--yes");
    assert.deepEqual((await json(bob, "subscriptions")).followers, []);
  });

  it("removes it with --yes", async () => {
    const removed = await json(bob, "contacts", "rm", "alice", "--yes");
    assert.equal(removed.messages, 4);
    assert.deepEqual(await json(bob, "contacts"), { contacts: [] });
  });
});
