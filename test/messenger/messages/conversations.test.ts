import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { ConversationView, MessengerEvent } from "../../../src/messenger/index.ts";
import { pairOf } from "../../scenario/acts.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTE = 60_000;

async function say(world: World, node: SimNode, who: string, text: string) {
  const sent = await node.messenger.send(who, text);
  await world.reaches(node, sent, "delivered");
  return sent;
}

type Changed = Extract<MessengerEvent, { type: "conversation.changed" }>;

const changes = ({ events }: SimNode): ConversationView[] =>
  events
    .filter((event): event is Changed => event.type === "conversation.changed")
    .map(({ conversation }) => conversation);

/** Conversations that events reported while a job ran. */
async function during(node: SimNode, job: () => Promise<unknown>): Promise<ConversationView[]> {
  const before = changes(node).length;
  await job();
  return changes(node).slice(before);
}

describe("a conversation", () => {
  it("has its last message, also after a restart", async () => {
    const { world, alice, bob } = await pairOf(1);
    const empty = await alice.messenger.conversation("bob");
    assert.deepEqual([empty.last, empty.lastAt, empty.unread], [undefined, undefined, 0]);
    await say(world, alice, "bob", "one");
    await say(world, bob, "alice", "two");
    for (const restart of [false, true]) {
      if (restart) await alice.restart();
      const { last, lastAt, unread, ref, kind } = await alice.messenger.conversation("bob");
      assert.deepEqual([last?.text, last?.direction, unread, kind], ["two", "in", 1, "contact"]);
      assert.equal(lastAt, last?.storedAt);
      const { messages } = await alice.messenger.page("bob", { limit: 1 });
      assert.equal(typeof last?.arrival, "number");
      assert.equal(last?.arrival, messages[0]?.arrival);
      assert.equal(ref, bob.messenger.self().account);
      assert.deepEqual(await alice.messenger.conversation(ref), (await list(alice))[0]);
    }
    await world.stop();
  });

  it("is named by the ref of each message and each event of one, which is accepted as who", async () => {
    const { world, alice, bob } = await pairOf(8);
    const { messenger } = alice;
    const { ref } = await messenger.conversation("bob");
    const sent = await say(world, alice, "bob", "one");
    const came = await say(world, bob, "alice", "two");
    const { messages } = await messenger.page(ref, { limit: 10 });
    assert.deepEqual(
      messages.map((message) => [message.id, message.ref]),
      [sent, came].map(({ id }) => [id, ref]),
    );
    await messenger.hide(came.id, ref);
    const about = alice.events.filter(({ type }) => type.startsWith("message."));
    assert.ok(about.some(({ type }) => type === "message.removed"));
    for (const event of about)
      assert.equal("message" in event ? event.message.ref : "ref" in event && event.ref, ref);
    assert.equal((await messenger.send(ref, "three")).ref, ref);
    await world.stop();
  });

  const list = ({ messenger }: SimNode) => messenger.conversations();

  it("is reported when a message comes, is read, is edited, deleted and removed", async () => {
    const { world, alice, bob } = await pairOf(2);
    const first = await say(world, alice, "bob", "first");
    const came = await during(bob, () => say(world, alice, "bob", "second"));
    assert.deepEqual(
      came.map(({ last, unread }) => [last?.text, unread]),
      [["second", 2]],
    );
    const types = bob.events.map(({ type }) => type);
    const news = types.lastIndexOf("message.new");
    assert.equal(types[news + 1], "conversation.changed", "after the message, in one batch");
    const read = await during(bob, () => bob.messenger.markRead("alice"));
    assert.deepEqual(
      read.map(({ unread }) => unread),
      [0],
    );
    const last = await alice.messenger.find("bob/last");
    const edited = await during(alice, () => alice.messenger.edit(last.id, "changed"));
    assert.deepEqual(
      edited.map((each) => each.last?.text),
      ["changed"],
    );
    const deleted = await during(alice, () => alice.messenger.delete(last.id));
    assert.deepEqual(
      deleted.map((each) => [each.last?.text, each.last?.deleted]),
      [["", true]],
    );
    await world.until("delivered", () => alice.contact("bob").waiting === 0, HOUR);
    const removed = await during(alice, () => alice.messenger.hide(last.id));
    assert.deepEqual(
      removed.map((each) => each.last?.id),
      [first.id],
    );
    // A change of an older message, and what is delivered, is none of the conversation.
    const older = await during(alice, async () => {
      await alice.messenger.react(first.id, "👍");
      await world.time.pass(HOUR);
    });
    assert.deepEqual(older, []);
    const what = alice.events.flatMap((event) =>
      event.type === "message.changed" ? [event.what] : [],
    );
    assert.deepEqual(what, ["edited", "deleted", "acknowledged", "reacted", "acknowledged"]);
    await world.stop();
  });

  it("has another last message once that expires", async () => {
    const { world, alice } = await pairOf(3);
    await say(world, alice, "bob", "stays");
    await alice.messenger.setTimer("bob", MINUTE);
    await world.until("told", () => alice.contact("bob").waiting === 0, HOUR);
    await say(world, alice, "bob", "goes");
    const gone = await during(alice, () => world.time.pass(HOUR));
    assert.notEqual(gone.at(-1)?.last?.text, "goes");
    await alice.restart();
    const { last } = await alice.messenger.conversation("bob");
    assert.deepEqual(gone.at(-1)?.last?.id, last?.id);
    await world.stop();
  });

  it("is muted, pinned and archived, and stays so", async () => {
    const { world, alice } = await pairOf(4);
    const carol = await world.node("carol");
    await world.pair(alice, carol);
    await say(world, alice, "bob", "older");
    await say(world, alice, "carol", "newer");
    const names = async (filter = {}) =>
      (await alice.messenger.conversations(filter)).map(({ name }) => name);
    assert.deepEqual(await names(), ["carol", "bob"]);
    const set = await during(alice, () =>
      alice.messenger.setConversation("bob", { pinned: true, muted: true }),
    );
    assert.deepEqual(
      set.map(({ name, pinned, muted, archived }) => [name, pinned, muted, archived]),
      [["bob", true, true, false]],
    );
    assert.deepEqual(await during(alice, () => alice.messenger.setConversation("bob", {})), []);
    await alice.messenger.setConversation("carol", { archived: true });
    await alice.restart();
    assert.deepEqual(await names(), ["bob", "carol"]);
    assert.deepEqual(await names({ archived: true }), ["carol"]);
    assert.deepEqual(await names({ archived: false, kind: "contact" }), ["bob"]);
    assert.deepEqual(await names({ kind: "group" }), []);
    await world.stop();
  });

  it("is unread when the user says so, until it is read", async () => {
    const { world, alice, bob } = await pairOf(5);
    await say(world, bob, "alice", "one");
    await alice.messenger.markRead("bob");
    const marked = await during(alice, () => alice.messenger.markUnread("bob"));
    assert.deepEqual(
      marked.map(({ unread }) => unread),
      [1],
    );
    await say(world, bob, "alice", "two");
    assert.equal(alice.messenger.unread("bob"), 1);
    await alice.restart();
    assert.deepEqual([alice.messenger.unread("bob"), alice.messenger.unread()], [1, 1]);
    await alice.messenger.markRead("bob");
    assert.equal(alice.messenger.unread(), 0);
    await alice.messenger.markUnread("bob");
    await alice.messenger.markRead("bob");
    assert.equal(alice.messenger.unread(), 0);
    await world.stop();
  });

  it("shows the start of a long text", async () => {
    const { world, alice } = await pairOf(6);
    await say(world, alice, "bob", "x".repeat(limits.textBytes));
    const { last } = await alice.messenger.conversation("bob");
    assert.equal(last?.text.length, limits.previewLength);
    await world.stop();
  });

  it("is reported to durable subscriptions as it is when they read", async () => {
    const { world, alice, bob } = await pairOf(7);
    await alice.messenger.follow("bot", { types: ["conversation.changed"] });
    await say(world, bob, "alice", "one");
    await say(world, bob, "alice", "two");
    await alice.restart();
    const { events } = await alice.messenger.readEvents("bot", { limit: 9 });
    assert.deepEqual(
      events.map((event) => event.type === "conversation.changed" && event.conversation.unread),
      [2, 2],
    );
    await alice.messenger.remove("bob");
    const left = await alice.messenger.readEvents("bot", { limit: 9 });
    assert.deepEqual(
      left.events.map(({ type }) => type),
      ["contact.removed", "contact.removed"],
    );
    await world.stop();
  });
});

describe("a draft", () => {
  it("is kept until it is deleted, and is in the conversation", async () => {
    const { world, alice } = await pairOf(10);
    assert.equal(await alice.messenger.draft("bob"), undefined);
    const text = `dear ${"bob ".repeat(100)}`;
    const told = await during(alice, () => alice.messenger.setDraft("bob", { text }));
    assert.deepEqual(
      told.map(({ draft }) => draft),
      [text.slice(0, limits.previewLength)],
    );
    await alice.restart();
    assert.equal((await alice.messenger.draft("bob"))?.text, text);
    assert.equal((await alice.messenger.conversation("bob")).draft?.length, limits.previewLength);
    await alice.messenger.setDraft("bob", { text: "" });
    assert.equal(await alice.messenger.draft("bob"), undefined);
    assert.ok(!alice.store.snapshot().some(({ table }) => table === "draft"));
    await world.stop();
  });

  it("is deleted with the message that is sent, and with the contact", async () => {
    const { world, alice } = await pairOf(11);
    await alice.messenger.setDraft("bob", { text: "to be sent" });
    const told = await during(alice, () => alice.messenger.send("bob", "to be sent"));
    assert.deepEqual(
      told.map(({ draft, last }) => [draft, last?.text]),
      [[undefined, "to be sent"]],
    );
    assert.equal(await alice.messenger.draft("bob"), undefined);
    await alice.messenger.setDraft("bob", { text: "again" });
    await alice.messenger.remove("bob");
    assert.ok(!alice.store.snapshot().some(({ table }) => table === "draft"));
    await world.stop();
  });

  it("of more than 64 KiB, or with lone surrogates, is refused and changes nothing", async () => {
    const { world, alice } = await pairOf(12);
    await alice.messenger.setDraft("bob", { text: "kept" });
    const set = (text: string) => alice.messenger.setDraft("bob", { text });
    await assert.rejects(set("é".repeat(limits.textBytes / 2 + 1)), { code: "message-too-long" });
    await assert.rejects(set("\ud800"), { code: "message-not-text" });
    assert.equal((await alice.messenger.draft("bob"))?.text, "kept");
    await world.stop();
  });
});

describe("a handle", () => {
  it("comes from the first name, and stays through renames and a backup", async () => {
    const { world, alice, bob } = await pairOf(20);
    assert.equal(alice.contact("bob").handle, "bob");
    await alice.messenger.rename("bob", "Robert");
    await bob.renameTo("Bobby");
    await world.until("linked", () => alice.contact("bob").online, HOUR);
    assert.deepEqual([alice.contact("bob").name, alice.contact("bob").handle], ["Robert", "bob"]);
    assert.equal(alice.contact("rob").name, "Robert");
    await world.stop();
  });

  it("is provisional before there is a name", async () => {
    const { world, alice, bob } = await pairOf(21);
    const carol = await world.node("carol");
    const { link } = await carol.messenger.createInvite({
      kind: "once",
      expiresIn: DAY,
      hints: false,
    });
    await carol.stop();
    const added = await alice.messenger.add(link);
    assert.match(added.handle, /^contact-[a-z2-7]{16}$/);
    await carol.start();
    const account = carol.messenger.self().account;
    await world.until("paired", () => alice.contact(account).pairing === "confirmed", HOUR);
    assert.equal(alice.contact(account).handle, "carol");
    assert.ok(bob.alive);
    await world.stop();
  });

  it("of a removed contact is given to no other one for 30 days", async () => {
    const { world, alice, bob } = await pairOf(22);
    await alice.messenger.remove("bob");
    await alice.restart();
    const other = await world.node("bob");
    await world.pair(alice, other);
    assert.deepEqual([alice.contact("bob").name, alice.contact("bob").handle], ["bob", "bob-2"]);
    await alice.messenger.remove("bob");
    for (const node of [alice, bob, other]) await node.stop();
    await world.time.pass(31 * DAY);
    await alice.start();
    const third = await world.node("bob");
    await world.pair(alice, third);
    assert.equal(alice.contact("bob").handle, "bob");
    await world.stop();
  });

  it("is taken over by no contact, but by a name that the user gives", async () => {
    const { world, alice, bob } = await pairOf(23);
    const carol = await world.node("carol");
    await world.pair(alice, carol);
    await alice.messenger.rename("bob", "Robert");
    const bert = await world.node("bob");
    await world.pair(alice, bert);
    const account = bert.messenger.self().account;
    assert.notEqual(alice.contact(account).name, "bob");
    assert.equal(alice.contact("bob").account, bob.messenger.self().account);
    await alice.messenger.rename("carol", "Bob");
    assert.equal(alice.contact("bob").account, carol.messenger.self().account);
    assert.equal(alice.contact("Robert").handle, "bob");
    await world.stop();
  });

  it("is no group: a group has a prefix, and there are none yet", async () => {
    const { world, alice } = await pairOf(24);
    for (const who of ["group:bob", " GROUP:bob"])
      assert.throws(() => alice.contact(who), { code: "group-unknown" });
    await assert.rejects(alice.messenger.conversation("group:bob"), { code: "group-unknown" });
    await world.stop();
  });
});
