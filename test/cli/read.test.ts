import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { build, ended, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

describe("sotto read", function () {
  this.timeout(90_000);
  let sotto: Program;
  let alice: string;
  let bob: string;
  const run = async (home: string, ...args: string[]): Promise<string> => {
    const ran = await runHere(home, args);
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    return ran.out;
  };
  const unread = async (): Promise<number> =>
    JSON.parse(await run(bob, "contacts", "show", "alice", "--json")).conversation.unread;

  let alices: ChildProcess;
  let bobs: ChildProcess;

  before(async () => {
    sotto = build();
    [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    alices = await sotto.up(alice, "--name", "alice");
    bobs = await sotto.up(bob, "--name", "bob");
    const { link } = JSON.parse(await run(alice, "invite", "--hints", "--json"));
    await run(bob, "add", link);
  });
  after(() => sotto.clear());

  it("shows an empty period as that, and an empty conversation as one without messages", async () => {
    assert.match(await run(bob, "read", "alice"), /^No messages with alice yet\.$/m);
    await run(alice, "send", "--wait", "delivered", "bob", "1");
    assert.match(
      await run(bob, "read", "alice", "--since", "2200-01-01"),
      /^No messages with alice since 2200-01-01 00:00\.$/m,
    );
    assert.equal(await unread(), 1);
    assert.match(await run(bob, "read", "alice", "--since", "1h"), /alice {2}1$/m);
    assert.equal(await unread(), 0);
  });

  it("marks only what it shows as read", async () => {
    for (const text of ["2", "3", "4", "5"])
      await run(alice, "send", "--wait", "delivered", "bob", text);
    assert.equal(await unread(), 4);
    await run(bob, "read", "alice", "--peek");
    assert.equal(await unread(), 4);
    const shown = await run(bob, "read", "alice", "-n", "2");
    assert.match(shown, /alice {2}4\n.*alice {2}5\n$/);
    assert.equal(await unread(), 2);
    await run(bob, "search", "3");
    assert.equal(await unread(), 2);
    await run(bob, "read", "alice");
    assert.equal(await unread(), 0);
  });

  it("says once that there is more, and in JSON who wrote each message and when", async () => {
    await run(alice, "send", "--wait", "delivered", "bob", "needle one");
    await run(alice, "send", "--wait", "delivered", "bob", "needle two");
    const more = async (...args: string[]) =>
      (await runHere(bob, args)).err.match(/more/gi)?.length;
    assert.equal(await more("search", "needle", "-n", "1"), 1);
    assert.equal(await more("search", "needle", "-n", "2"), undefined);
    assert.equal(await more("read", "alice", "-n", "1"), 1);
    const { hits } = JSON.parse(await run(bob, "--json", "search", "needle"));
    const { messages: read } = JSON.parse(await run(bob, "--json", "read", "alice"));
    const [newest, oldest] = hits.map((hit: { message: object }) => hit.message);
    assert.deepEqual(hits[0].ranges, [{ from: 0, to: 6 }]);
    const page = ["--before", String(newest.arrival)];
    assert.match(await run(bob, "search", "needle", ...page), /^[^\n]*needle one\n$/);
    for (const messages of [[newest, oldest], read]) {
      for (const { contactName, sentAt, storedAt } of messages)
        assert.deepEqual([contactName, sentAt > 0, storedAt >= sentAt], ["alice", true, true]);
    }
  });

  it("lists conversations, which can be pinned, muted, archived and marked as unread", async () => {
    const { name } = JSON.parse(
      await run(bob, "conversations", "pin", "alice", "--json"),
    ).conversation;
    assert.equal(name, "alice");
    await run(bob, "conversations", "mute", "alice");
    await run(bob, "read", "alice");
    await run(alice, "send", "--wait", "delivered", "bob", "the last\u001b[31m one");
    assert.match(
      await run(bob, "conversations"),
      /^alice {2}\d{4}-.{11} {2}1 unread, pinned, muted {2}the last␛\[31m one\n$/,
    );
    await run(bob, "read", "alice");
    await run(bob, "conversations", "unread", "alice");
    assert.equal(await unread(), 1);
    await run(bob, "conversations", "unmute", "alice");
    await run(bob, "conversations", "unpin", "alice");
    assert.match(await run(bob, "conversations", "archive", "alice"), /^✓ alice archived$/m);
    assert.match(await run(bob, "conversations"), /^No conversations\. Archived ones: .* --all$/m);
    assert.match(await run(bob, "conversations", "--all"), /1 unread, archived {2,}the last/);
    await run(bob, "conversations", "unarchive", "alice");
    await run(bob, "read", "alice");
    const { conversations } = JSON.parse(await run(bob, "conversations", "--json"));
    assert.deepEqual(
      conversations.map(({ pinned, muted, unread: count }: Record<string, unknown>) => [
        pinned,
        muted,
        count,
      ]),
      [[false, false, 0]],
    );
  });

  it("reads the store without a node, and marks nothing as read", async () => {
    await run(alice, "send", "--wait", "delivered", "bob", "while bob is away");
    await ended(bobs, "SIGTERM");
    assert.match(await run(bob, "conversations"), /^alice {2}.*1 unread {2,}while bob is away\n$/);
    const read = await runHere(bob, ["read", "alice"]);
    assert.match(read.out, /alice {2}while bob is away\n$/);
    assert.match(read.err, /^No node is running: .* Nothing is marked as read\.\n$/);
    assert.match(await run(bob, "search", "away"), /while bob is away\n$/);
    assert.match(await run(bob, "contacts"), /^alice .*1 unread/);
    assert.match(await run(bob, "id"), / {2}bob\n$/);
    assert.equal(await unread(), 1);
    const unknown = await runHere(bob, ["read", "alicia"]);
    assert.deepEqual([unknown.code, /Did you mean alice\?/.test(unknown.err)], [6, true]);
    assert.equal((await runHere(bob, ["send", "alice", "hi"])).code, 3);
    assert.equal((await runHere(sotto.home("nobody"), ["contacts"])).code, 1);
  });

  it("lists invites, requests, subscriptions and tokens without a node as with one", async () => {
    await run(alice, "invite", "--reusable");
    await run(alice, "rpc", "event.follow", '{"name":"bot"}');
    await run(alice, "token", "create", "alerts");
    const lists = [["invite", "ls"], ["requests"], ["subscriptions"], ["token"]];
    const printed = async () => {
      const outs: string[] = [];
      for (const args of lists) outs.push(await run(alice, ...args));
      return outs;
    };
    const running = await printed();
    assert.deepEqual(
      ["reusable", "No requests", "bot", "alerts"].map((text, at) => running[at]?.includes(text)),
      [true, true, true, true],
    );
    await ended(alices, "SIGTERM");
    assert.deepEqual(await printed(), running);
    const noted = await runHere(alice, ["invite", "ls"]);
    assert.match(noted.err, /^No node is running: this is what the store contains\.$/m);
    await run(alice, "token", "revoke", "alerts", "--yes");
    assert.match(await run(alice, "token"), /^No tokens/);
  });
});
