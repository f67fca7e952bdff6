import assert from "node:assert/strict";
import { makeAck, streamId } from "../../../src/group/index.ts";
import type { OpenedMessage } from "../../../src/messenger/group-state/conversation-ports.ts";
import { search } from "../../../src/messenger/messages/search.ts";
import { markRead } from "../../../src/messenger/outbox/mark-read.ts";
import { encodeGroupAck, type GroupAck, joinGroupRecord } from "../../../src/wire/index.ts";
import { crypto, Talk, type Talker } from "./talk.ts";

const MINUTE = 60_000;

/** State and counts of a message of ours. */
async function reached(talker: Talker, index = -1) {
  const view = (await talker.views()).at(index);
  const { held, delivered, read, of } = view?.reached ?? {};
  return [view?.state, held, delivered, read, of];
}

describe("the conversation of a group among nodes", () => {
  it("shows a message to all members with its author, and finds it by its words", async () => {
    const talk = await Talk.of(1, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    const sent = await anna.conversation.send("the first word");
    assert.deepEqual([sent.state, sent.reached, sent.author], ["queued", undefined, undefined]);
    await talk.wait();
    await ben.conversation.send("a second one", { replyTo: sent.id });
    await talk.wait();
    for (const [talker, names] of [
      [anna, ["we", "ben"]],
      [ben, ["anna", "we"]],
      [cleo, ["anna", "ben"]],
    ] as const)
      assert.deepEqual(await talker.texts(), [
        `${names[0]}: the first word`,
        `${names[1]}: a second one`,
      ]);
    const [first, second] = await cleo.views();
    assert.equal(first?.id, sent.id);
    assert.equal(second?.replyTo, sent.id);
    assert.deepEqual(first?.author, {
      account: anna.context.identity.account,
      name: "anna",
      member: anna.us,
    });
    const { hits } = await search(cleo.context, "second", { limit: 5, from: "group:club" });
    assert.deepEqual(
      hits.map(({ message }) => message.id),
      [second?.id],
    );
    assert.equal(cleo.context.owners.unread("group:club"), 2);
    await talk.stop();
  });

  it("shows of a message of ours what other members have proven, and no more", async () => {
    const talk = await Talk.of(2, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    talk.unlink(anna, cleo);
    talk.unlink(ben, cleo);
    await anna.conversation.send("hello");
    await talk.wait(100);
    assert.deepEqual(await reached(anna), ["held", 1, 0, 0, 2]);
    assert.equal(anna.group.outbox.size, 0);
    await talk.wait();
    assert.deepEqual(await reached(anna), ["delivered", 1, 1, 0, 2]);
    await markRead(ben.context, ben.group, {});
    ben.conversation.wake();
    await talk.wait();
    assert.deepEqual(await reached(anna), ["read", 1, 1, 1, 2]);
    talk.link(anna, cleo);
    const [{ bytes } = { bytes: new Uint8Array() }] = talk.sent;
    await cleo.take(bytes, anna);
    await talk.wait();
    assert.deepEqual(await reached(anna), ["read", 2, 2, 1, 2]);
    const states = anna.events.flatMap((event) =>
      event.type === "message.state" ? [event.message.reached] : [],
    );
    assert.deepEqual(states.at(-1), { held: 2, delivered: 2, read: 1, of: 2 });
    await talk.stop();
  });

  it("believes no acknowledgement that another member made, or that is for another one", async () => {
    const talk = await Talk.of(11, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    talk.passing = () => [];
    await anna.conversation.send("hello");
    await talk.wait(100);
    const { stream } = anna.open(talk.sent[0]?.bytes as Uint8Array) as OpenedMessage;
    const ack = (by: Talker, from: Talker, to: Talker) => {
      const { identity } = by.context;
      const fields = { stream: streamId.bytes(stream), upTo: 1, readUpTo: 1 };
      const members = { from: memberBytes(from), to: memberBytes(to) };
      const theirs = anna.context.identity.device.public;
      const made = makeAck(crypto, anna.group.row.id, identity.device, theirs, {
        ...members,
        ...fields,
      });
      return joinGroupRecord({ kind: "ack", bytes: encodeGroupAck(made as GroupAck) });
    };
    await anna.takeRecords([ack(cleo, ben, anna), ack(ben, ben, cleo)]);
    assert.deepEqual(await reached(anna), ["queued", 0, 0, 0, 2]);
    await anna.takeRecords([ack(ben, ben, anna), ack(ben, ben, anna)]);
    assert.deepEqual(await reached(anna), ["read", 1, 1, 1, 2]);
    await talk.stop();
  });

  it("seals nothing before a linked member has stated what it has", async () => {
    const talk = await Talk.of(3, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    talk.unlink(anna, ben);
    const sent = await anna.conversation.send("waits");
    await talk.wait(MINUTE);
    assert.deepEqual(talk.sent, []);
    await anna.conversation.edit(sent.at, "waits still");
    assert.deepEqual(await anna.texts(), ["we: waits still"]);
    talk.link(anna, ben);
    await talk.wait();
    assert.deepEqual(await ben.texts(), ["anna: waits still"]);
    assert.equal((await ben.views())[0]?.edited, false);
    await talk.stop();
  });

  it("seals nothing while a linked member names operations that are lacking", async () => {
    const talk = await Talk.of(4, "anna", "ben", "cleo");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    talk.unlink(anna, ben);
    const { give } = talk.act(anna, { kind: "set", field: 2, value: new Uint8Array([1]) }, [anna]);
    talk.link(anna, ben);
    await ben.conversation.send("later");
    await talk.wait(1_000);
    assert.deepEqual(talk.sent, []);
    give(ben);
    await talk.wait();
    assert.equal(talk.sent.length, 1);
    await talk.stop();
  });

  it("is not held back for long by operations that a member names and does not give", async () => {
    const talk = await Talk.of(5, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    talk.act(ben, { kind: "set", field: 2, value: new Uint8Array([1]) }, [ben]);
    talk.unlink(anna, ben);
    talk.link(anna, ben);
    await anna.conversation.send("now");
    await talk.wait(30_000);
    assert.equal(talk.sent.length, 0);
    await talk.wait(31_000);
    assert.equal(talk.sent.length, 1);
    await talk.stop();
  });

  it("seals at once in a group without other members, for an empty audience", async () => {
    const talk = await Talk.of(6, "anna");
    const [anna] = talk.talkers as [Talker];
    await anna.conversation.send("to nobody");
    await talk.wait();
    assert.deepEqual(await reached(anna), ["held", 0, 0, 0, 0]);
    assert.equal(anna.group.outbox.size, 0);
    await talk.stop();
  });

  it("refuses readers, those who left, long texts and a key that was used", async () => {
    const talk = await Talk.of(7, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    await assert.rejects(ben.conversation.send("x".repeat(65_537)), { code: "message-too-long" });
    const first = await ben.conversation.send("once", { key: "k" });
    assert.equal((await ben.conversation.send("once", { key: "k" })).id, first.id);
    await assert.rejects(ben.conversation.send("twice", { key: "k" }), { code: "key-reused" });
    await talk.wait();
    talk.act(anna, { kind: "role", target: memberBytes(ben), role: 3, cuts: [] });
    await assert.rejects(ben.conversation.send("more"), { code: "group-reader" });
    assert.equal((await ben.conversation.send("once", { key: "k" })).id, first.id);
    ben.group.row = { ...ben.group.row, standing: "left" };
    await assert.rejects(ben.conversation.send("more"), { code: "group-ended" });
    await assert.rejects(ben.conversation.react(1, "👍"), { code: "group-ended" });
    await talk.stop();
  });

  it("fails what waits once this node is removed, and never seals it", async () => {
    const talk = await Talk.of(8, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    talk.unlink(anna, ben);
    await ben.conversation.send("too late");
    talk.act(anna, { kind: "role", target: memberBytes(ben), role: 3, cuts: [] });
    await talk.wait();
    assert.deepEqual(await reached(ben), ["failed", undefined, undefined, undefined, undefined]);
    talk.link(anna, ben);
    await talk.wait();
    assert.deepEqual([talk.sent, ben.group.outbox.size], [[], 0]);
    await talk.stop();
  });
});

function memberBytes({ us }: Talker): Uint8Array {
  return Buffer.from(us, "hex");
}
