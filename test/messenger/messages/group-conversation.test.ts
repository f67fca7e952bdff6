import assert from "node:assert/strict";
import { type MessageId, messageId } from "../../../src/base/index.ts";
import { createGroup } from "../../../src/messenger/group-state/author.ts";
import { GroupStore } from "../../../src/messenger/group-state/group-store.ts";
import type { MessengerEvent } from "../../../src/messenger/index.ts";
import { arrivals } from "../../../src/messenger/messages/arrival-page.ts";
import { page } from "../../../src/messenger/messages/conversation-page.ts";
import * as conversations from "../../../src/messenger/messages/conversations.ts";
import { follow, readEvents } from "../../../src/messenger/messages/durable-subscriptions.ts";
import { find } from "../../../src/messenger/messages/find-message.ts";
import { Retention } from "../../../src/messenger/messages/retention.ts";
import { search } from "../../../src/messenger/messages/search.ts";
import type { MessageRow } from "../../../src/messenger/model/message.ts";
import { withText } from "../../../src/messenger/model/order.ts";
import { changedBy, type GroupOwner, takeUp } from "../../../src/messenger/model/owner.ts";
import { hide } from "../../../src/messenger/outbox/edit.ts";
import { markRead } from "../../../src/messenger/outbox/mark-read.ts";
import { Runtime } from "../../../src/messenger/runtime.ts";
import type { Context } from "../../../src/messenger/state/context.ts";
import { commitMessages, MessageBatch } from "../../../src/messenger/state/message-batch.ts";
import { Owners } from "../../../src/messenger/state/owners.ts";
import { SearchIndex } from "../../../src/messenger/state/search-index.ts";
import { silent } from "../../../src/ports/index.ts";
import { pairOf } from "../../scenario/acts.ts";

const HOUR = 3_600_000;

/** A node with one group, whose messages are put there as its members' would be. */
async function nodeWithGroup(seed: number, retention?: number) {
  const { world, alice } = await pairOf(seed);
  await alice.stop();
  const host = world.network.host();
  const clock = world.time.clock(() => 0);
  const { crypto, store } = alice;
  const parts = { crypto, store, transport: host, rendezvous: host, clock, log: silent };
  const runtime = await Runtime.load({ ...parts, ...(retention !== undefined && { retention }) });
  const groups = await GroupStore.load(crypto, store);
  const group = await createGroup(
    { ...runtime.context, groups, viewer: runtime.groups.viewer, spread: () => undefined },
    "club",
  );
  const owners = new Owners(runtime.context.contactStore, groups);
  const parts2 = { ...runtime.context, owners };
  const context: Context = { ...parts2, index: new SearchIndex(parts2) };
  const events: MessengerEvent[] = [];
  context.events.subscribe((event) => events.push(event));
  return { world, runtime, context, group, events, say: sayIn(context, group) };
}

function sayIn(context: Context, group: GroupOwner) {
  return async (text: string, more: Partial<MessageRow> = {}): Promise<MessageId> => {
    const id = messageId.from(context.crypto.random(16));
    const changes = new MessageBatch(context.store, group.row.conversation);
    const { nextAt: at, lamport } = group.row.conversation;
    const now = context.clock.now();
    const row: MessageRow = {
      ...{ id, direction: "in", text, state: "received", sequence: 0, lamport: lamport + 1 },
      ...{ parents: [], sentAt: now, storedAt: now, ...more },
    };
    changes.set(at, row, "new");
    const change = changedBy(group, (before) => {
      const next = withText(before, row, []);
      return { ...next, lamport: row.lamport, nextAt: at + 1, unread: before.unread + 1 };
    });
    const tell = await commitMessages(context, change, changes, []);
    takeUp(change);
    tell();
    return id;
  };
}

describe("the conversation of a group", () => {
  it("is listed and read as one with a contact, and named by group: and its id or alias", async () => {
    const { world, context, group, say } = await nodeWithGroup(1);
    const first = await say("one of the group");
    const last = await say("two of the group");
    const ref = `group:${group.row.id}`;
    const all = await conversations.conversations(context, {});
    assert.deepEqual(
      all.map(({ kind, name }) => [kind, name]),
      [
        ["group", "club"],
        ["contact", "bob"],
      ],
    );
    const [listed, ...more] = await conversations.conversations(context, { kind: "group" });
    assert.deepEqual(more, []);
    assert.deepEqual([listed?.ref, listed?.unread, listed?.last?.id], [ref, 2, last]);
    assert.equal(listed?.handle, undefined);
    for (const who of ["group:club", ref, " GROUP: club "]) {
      const { messages } = await page(context, context.owners.find(who), { limit: 10 });
      assert.deepEqual(
        messages.map(({ id, contact, ref: of, group: named }) => [id, contact, of, named]),
        [first, last].map((id) => [id, undefined, ref, group.row.id]),
      );
    }
    assert.throws(() => context.owners.find("club"), { code: "contact-unknown" });
    assert.throws(() => context.owners.find("group:clu"), { code: "group-unknown" });
    assert.throws(() => context.owners.find(group.row.id), { code: "contact-unknown" });
    const { messages } = await arrivals(context, { limit: 10, who: "group:club" });
    assert.deepEqual(
      messages.map(({ id }) => id),
      [first, last],
    );
    assert.deepEqual(
      (await arrivals(context, { limit: 2 })).messages.map(({ id }) => id),
      [first, last],
    );
    const { hits } = await search(context, "two", { limit: 10 });
    assert.deepEqual(
      hits.map(({ message }) => message.id),
      [last],
    );
    assert.equal((await search(context, "two", { limit: 10, from: "bob" })).hits.length, 0);
    assert.equal((await search(context, "one", { limit: 10, from: ref })).hits.length, 1);
    assert.equal((await find(context, "group:club/last", {})).id, last);
    assert.equal((await find(context, first, {})).ref, ref);
    await world.stop();
  });

  it("is written to by the methods of any conversation", async () => {
    const { world, alice } = await pairOf(6);
    const { messenger } = alice;
    const { id: group } = await messenger.groups.create("club");
    const sent = await messenger.send("group:club", "hello", { key: "k" });
    assert.deepEqual([sent.group, sent.contact], [group, undefined]);
    assert.equal((await messenger.send("group:club", "hello", { key: "k" })).id, sent.id);
    await world.time.pass(10_000);
    assert.equal((await messenger.message(sent.id))?.state, "held");
    await messenger.edit(sent.id, "hello all");
    assert.equal((await messenger.find("group:club/last")).text, "hello all");
    await messenger.react(sent.id, "👍");
    await assert.rejects(messenger.cancel(sent.id), { code: "message-sent" });
    await assert.rejects(messenger.resend(sent.id), { code: "message-not-failed" });
    await messenger.markRead("group:club");
    assert.equal((await messenger.delete(sent.id)).deleted, true);
    await assert.rejects(messenger.react(sent.id, "👍"), { code: "message-deleted" });
    assert.equal(messenger.isLive("group:club"), false);
    assert.equal((await messenger.send("bob", "to a contact")).group, undefined);
    await world.stop();
  });

  it("is unknown to a client that is limited to contacts", async () => {
    const { world, context } = await nodeWithGroup(2);
    const contacts = context.contactStore.limitedTo(new Set());
    const owners = new Owners(contacts);
    assert.throws(() => owners.find("group:club"), { code: "group-unknown" });
    assert.deepEqual(owners.only, []);
    await world.stop();
  });

  it("has flags, a draft and an unread count, which are stored and reported", async () => {
    const { world, context, group, events, say } = await nodeWithGroup(3);
    await say("one");
    await conversations.setConversation(context, group, { pinned: true, muted: true });
    await conversations.setDraft(context, group, { text: "not sent" });
    await conversations.markUnread(context, group);
    await markRead(context, group, {});
    assert.equal(context.owners.unread("group:club"), 0);
    const kept = await GroupStore.load(context.crypto, context.store);
    assert.deepEqual(kept.find("club").row, group.row);
    const views = events.flatMap((event) =>
      event.type === "conversation.changed" ? [event.conversation] : [],
    );
    assert.deepEqual(
      views.map(({ unread, pinned, draft }) => [unread, pinned, draft]),
      [
        [1, false, undefined],
        [1, true, undefined],
        [1, true, "not sent"],
        [0, true, "not sent"],
      ],
    );
    assert.equal((await conversations.draft(context, group))?.text, "not sent");
    await world.stop();
  });

  it("has durable events of its own, which name it", async () => {
    const { world, runtime, context, group, say } = await nodeWithGroup(4);
    const ref = `group:${group.row.id}`;
    const follower = await follow(context, "bot", { from: "group:club" });
    assert.equal(follower.from, ref);
    const id = await say("one");
    const place = { owner: group, at: 1 };
    const before = await readEvents(context, runtime.invites, "bot", { limit: 10 });
    assert.deepEqual(
      before.events.map(({ type }) => type),
      ["message.new", "conversation.changed"],
    );
    await hide(context, place);
    const { events } = await readEvents(context, runtime.invites, "bot", { limit: 10 });
    assert.deepEqual(events[0], { type: "message.removed", ref, id, cursor: 1 });
    assert.equal(group.row.conversation.unread, 0);
    await world.stop();
  });

  it("loses messages whose time is over, and those that retention does not keep", async () => {
    const { world, context, group, events, say } = await nodeWithGroup(5, 3 * HOUR);
    const retention = new Retention(context);
    retention.start();
    const short = await say("short", { keep: HOUR });
    const old = await say("old");
    const unread = await say("unread");
    await markRead(context, group, { ids: [short, old] });
    await world.time.pass(HOUR + 60_000);
    const removed = () =>
      events.flatMap((event) => (event.type === "message.removed" ? [event.id] : []));
    assert.deepEqual(removed(), [short]);
    await world.time.pass(4 * HOUR);
    assert.deepEqual(removed(), [short, old]);
    const { messages } = await page(context, group, { limit: 10 });
    assert.deepEqual(
      messages.map(({ id }) => id),
      [unread],
    );
    retention.stop();
    await world.stop();
  });
});
