import assert from "node:assert/strict";
import { limits, messageId } from "../../../src/base/index.ts";
import { groupMessageId } from "../../../src/group/index.ts";
import type { OpenedMessage } from "../../../src/messenger/group-state/conversation-ports.ts";
import { withOwnerLock } from "../../../src/messenger/state/context.ts";
import { type Body, encodeGroupBody } from "../../../src/wire/index.ts";
import { LATENCY, Talk, type Talker } from "./talk.ts";

/** A message of a member as it is opened, with a body of any kind. */
function opened(
  { us }: Talker,
  seq: number,
  lamport: number,
  body: Body,
  id = new Uint8Array(16).fill(seq),
): OpenedMessage {
  const bytes = encodeGroupBody({ id, lamport, parents: [], sentAt: 5, body });
  return { author: us, stream: us.slice(0, 16) as never, seq, body: bytes, confirmed: true };
}

const text = (said: string): Body => ({ kind: "text", text: said });

/** Hands messages to a node in one batch. */
async function give(to: Talker, ...messages: readonly OpenedMessage[]): Promise<void> {
  const { context, group, conversation } = to;
  await withOwnerLock(context, group, () => conversation.receive({ opened: messages }));
}

/** Texts in the order of the conversation. */
async function ordered(talker: Talker): Promise<string[]> {
  const views = await talker.views();
  return views
    .toSorted((a, b) => (a.position < b.position ? -1 : 1))
    .map(({ text: said, late }) => `${said}${late ? " (late)" : ""}`);
}

const theirId = ({ us, context }: Talker, id: Uint8Array): Uint8Array =>
  groupMessageId(context.crypto, us, id);

describe("messages of members", () => {
  it("that come several times and in any order are shown once, in one order for all", async () => {
    const talk = await Talk.of(1, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    let number = 0;
    talk.passing = (_bytes, _from, to) =>
      to === cleo ? [((7 * ++number) % 5) * 1_000, 9_000] : [0];
    for (const said of ["1", "2", "3", "4"]) {
      await anna.conversation.send(said);
      await talk.wait(100);
      await ben.conversation.send(`${said}b`);
      await talk.wait(100);
    }
    await talk.wait(20_000);
    const all = ["1", "1b", "2", "2b", "3", "3b", "4", "4b"];
    assert.deepEqual(await ordered(anna), all);
    assert.deepEqual(
      (await ordered(cleo)).map((said) => said.replace(" (late)", "")),
      all,
    );
    assert.ok((await ordered(cleo)).some((said) => said.endsWith("(late)")));
    assert.equal((await cleo.views()).filter(({ gap }) => gap).length, 0);
    await talk.stop();
  });

  it("are known by their author and id, whatever their place in a stream", async () => {
    const talk = await Talk.of(2, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    const id = new Uint8Array(16).fill(1);
    await give(anna, opened(ben, 1, 1, text("ben's"), id), opened(ben, 1, 1, text("again"), id));
    await give(anna, opened(ben, 2, 2, text("repeats an id"), id));
    await give(anna, opened(cleo, 1, 1, text("cleo's"), id));
    assert.deepEqual((await anna.texts()).sort(), ["ben: ben's", "cleo: cleo's"]);
    await talk.stop();
  });

  it("with a value too far ahead are kept unseen, and judged again when the values grow", async () => {
    const talk = await Talk.of(3, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    const ahead = limits.lamportStep + 10;
    const far = opened(cleo, 1, ahead, text("far ahead"));
    const never = opened(cleo, 2, limits.lamport, text("never valid"));
    const near = [opened(ben, 1, 1, text("near")), opened(ben, 2, 20, text("nearer"))];
    await give(anna, far, never);
    assert.deepEqual(await anna.texts(), []);
    assert.equal(anna.group.row.conversation.lamport, 0);
    await give(anna, ...near);
    // Another order of arrival leads to the same conversation.
    await give(ben, opened(cleo, 2, limits.lamport, text("never valid")));
    await give(ben, far);
    for (const talker of [anna, ben])
      assert.equal(talker.group.row.conversation.dropped, 1, talker.name);
    assert.deepEqual(await ordered(anna), ["near", "nearer", "far ahead"]);
    // The next author goes above the greatest value.
    await anna.conversation.send("the end");
    await talk.wait(LATENCY * 4);
    assert.deepEqual((await ordered(anna)).at(-1), "the end");
    await talk.stop();
  });

  it("of many members may share a value; of one author only as many as fit a line", async () => {
    const names = Array.from({ length: limits.lamportLines + 3 }, (_, i) => `m${i}`);
    const talk = await Talk.of(4, ...names);
    const [first, ...others] = talk.talkers as [Talker, ...Talker[]];
    await give(first, ...others.map((one) => opened(one, 1, 1, text(one.name))));
    assert.equal((await first.views()).length, others.length);
    const [one] = others as [Talker];
    const flood = Array.from({ length: 2 * limits.lamportLines }, (_, i) =>
      opened(one, i + 2, 1, text(`${i}`), new Uint8Array(16).fill(i + 100)),
    );
    await give(first, ...flood);
    assert.equal((await first.views()).length, others.length + limits.lamportLines - 1);
    await talk.stop();
  });

  it("are edited and deleted by their author only; each member has one reaction", async () => {
    const talk = await Talk.of(5, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    const said = await ben.conversation.send("ben's text");
    await talk.wait();
    const at = async (talker: Talker) =>
      (await talker.views()).find(({ id }) => id === said.id)?.at as number;
    await assert.rejects(anna.conversation.edit(await at(anna), "x"), {
      code: "message-not-yours",
    });
    await assert.rejects(anna.conversation.erase(await at(anna)), { code: "message-not-yours" });
    const target = messageId.bytes(said.id);
    await give(anna, opened(cleo, 1, 50, { kind: "edit", target, text: "forged" }));
    await give(anna, opened(cleo, 2, 51, { kind: "delete", target }));
    assert.deepEqual(await anna.texts(), ["ben: ben's text"]);
    await anna.conversation.react(await at(anna), "👍");
    await cleo.conversation.react(await at(cleo), "👎");
    await talk.wait();
    await cleo.conversation.react(await at(cleo), "🎉");
    await ben.conversation.edit(await at(ben), "ben's new text");
    await talk.wait();
    for (const [talker, ours] of [
      [anna, "👍"],
      [ben, undefined],
      [cleo, "🎉"],
    ] as const) {
      const [view] = await talker.views();
      assert.deepEqual([view?.text, view?.edited], ["ben's new text", true], talker.name);
      const reactions = (view?.reactions ?? []).map(
        ({ direction, author, emoji }) => `${direction} ${author?.name ?? "we"} ${emoji}`,
      );
      const of = (name: string, emoji: string) =>
        emoji === ours ? `out we ${emoji}` : `in ${name} ${emoji}`;
      assert.deepEqual(reactions.sort(), [of("anna", "👍"), of("cleo", "🎉")].sort(), talker.name);
      assert.equal(view?.changing, false);
    }
    await ben.conversation.erase(await at(ben));
    await talk.wait();
    assert.deepEqual(
      (await Promise.all(talk.talkers.map((talker) => talker.views()))).map(([view]) => [
        view?.text,
        view?.deleted,
        view?.reactions,
      ]),
      talk.talkers.map(() => ["", true, []]),
    );
    await talk.stop();
  });

  it("that are changed before they come are changed when they come, by their author only", async () => {
    const talk = await Talk.of(6, "anna", "ben", "cleo");
    const [anna, ben, cleo] = talk.talkers as [Talker, Talker, Talker];
    const id = new Uint8Array(16).fill(1);
    const target = theirId(ben, id);
    await give(anna, opened(cleo, 1, 3, { kind: "delete", target }));
    await give(anna, opened(ben, 2, 2, { kind: "edit", target, text: "edited" }));
    await give(anna, opened(ben, 1, 1, text("first"), id));
    const [view] = await anna.views();
    assert.deepEqual([view?.text, view?.edited, view?.deleted], ["edited", true, false]);
    await talk.stop();
  });

  it("name a gap until what their author had seen is here", async () => {
    const talk = await Talk.of(7, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    talk.passing = () => (talk.sent.length === 1 ? [60_000] : [0]);
    await ben.conversation.send("first");
    await talk.wait(100);
    await ben.conversation.send("second");
    await talk.wait(1_000);
    assert.deepEqual(
      (await anna.views()).map(({ text: said, gap }) => [said, gap]),
      [["second", true]],
    );
    await talk.wait(60_000);
    assert.deepEqual(await ordered(anna), ["first (late)", "second"]);
    assert.equal(
      (await anna.views()).some(({ gap }) => gap),
      false,
    );
    await talk.stop();
  });

  it("are kept for the time that the group set", async () => {
    const talk = await Talk.of(8, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    const value = new Uint8Array(8);
    new DataView(value.buffer).setBigUint64(0, 60_000n);
    talk.act(anna, { kind: "set", field: 4, value });
    await ben.conversation.send("short");
    await talk.wait();
    const keeps = await Promise.all([anna.views(), ben.views()]);
    assert.deepEqual(
      keeps.map(([view]) => view?.keep),
      [60_000, 60_000],
    );
    await talk.stop();
  });

  it("and ours survive the end of the process between two batches", async () => {
    const talk = await Talk.of(9, "anna", "ben");
    let [anna, ben] = talk.talkers as [Talker, Talker];
    talk.unlink(anna, ben);
    await anna.conversation.send("queued");
    anna = await talk.restart(anna);
    assert.deepEqual(await anna.texts(), ["we: queued"]);
    // Sealed and committed, and the process ends before anything is on its way.
    talk.passing = () => [];
    talk.link(anna, ben);
    await talk.wait(10);
    assert.equal(talk.sent.length, 1);
    anna = await talk.restart(anna);
    assert.equal(anna.group.outbox.size, 1);
    talk.passing = () => [0];
    talk.link(anna, ben);
    await anna.conversation.send("next");
    await talk.wait(100);
    // What is sealed is never sealed again: it comes as the very same bytes, by synchronisation.
    assert.equal(talk.sent.length, 2);
    assert.equal(anna.group.outbox.size, 2);
    await ben.take(talk.sent[0]?.bytes as Uint8Array, anna);
    ben = await talk.restart(ben);
    talk.link(anna, ben);
    ben.conversation.wake();
    await talk.wait();
    assert.deepEqual(await ordered(ben), ["queued (late)", "next"]);
    assert.deepEqual(
      (await anna.views()).map(({ state, reached }) => [state, reached?.delivered]),
      [
        ["delivered", 1],
        ["delivered", 1],
      ],
    );
    assert.equal(anna.group.outbox.size, 0);
    await talk.stop();
  });

  it("of ours that a member proves to hold are not believed beyond what was sealed", async () => {
    const talk = await Talk.of(10, "anna", "ben");
    const [anna, ben] = talk.talkers as [Talker, Talker];
    talk.passing = () => [];
    await anna.conversation.send("one");
    await talk.wait(100);
    const { stream } = anna.open(talk.sent[0]?.bytes as Uint8Array) as OpenedMessage;
    const head = { member: anna.us, stream, hash: new Uint8Array(32), missing: [] };
    anna.conversation.holds(ben.us, [{ ...head, upTo: 2 }]);
    await talk.wait(100);
    assert.equal((await anna.views())[0]?.state, "queued");
    anna.conversation.holds(ben.us, [{ ...head, upTo: 1 }]);
    await talk.wait(100);
    assert.equal((await anna.views())[0]?.state, "held");
    await talk.stop();
  });
});
