import assert from "node:assert/strict";
import type { MessageId } from "../../../src/base/index.ts";
import { decodeRow, encodeRow } from "../../../src/messenger/model/rows.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const DAY = 86_400_000;

/** Alice, with bob and carol as her contacts. */
async function contacts(seed: number) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  const carol = await world.node("carol");
  await world.pair(alice, bob);
  await world.pair(alice, carol);
  await world.time.pass(5000);
  return { world, alice, bob, carol };
}

/** Makes `from` send a text to alice under an id that another message has. */
async function sendUnder(
  { alice, world }: { alice: SimNode; world: World },
  from: SimNode,
  forged: { readonly id?: MessageId; readonly replyTo?: MessageId },
  text: string,
): Promise<void> {
  await alice.stop();
  await world.time.pass(1000);
  const own = await from.messenger.send("alice", text);
  from.kill();
  for (const { value, ...key } of from.store.snapshot()) {
    if (key.table !== "message" && key.table !== "outbox") continue;
    const row = decodeRow<{ id: MessageId }>(value);
    if (row.id === own.id)
      await from.store.commit([{ kind: "put", key, value: encodeRow({ ...row, ...forged }) }]);
  }
  await from.start();
  await alice.start();
  await world.until("the message arrives", () =>
    alice.shown().some((message) => message.text === text),
  );
}

describe("a message id that two contacts use", () => {
  it("leaves our own message with it editable, deletable and answerable", async () => {
    const { world, alice, bob, carol } = await contacts(1);
    const { id } = await alice.messenger.send("bob", "mine");
    await world.until("it is delivered", () => bob.shown().length === 1);
    await sendUnder({ alice, world }, carol, { id }, "not hers");
    assert.equal((await alice.messenger.edit(id, "still mine")).text, "still mine");
    await assert.rejects(alice.messenger.react(id, "👍"), { code: "message-ambiguous" });
    const reacted = await alice.messenger.react(id, "👍", "bob");
    assert.equal(reacted.text, "still mine");
    assert.equal((await alice.messenger.react(id, "👎", "carol")).text, "not hers");
    const answer = await alice.messenger.send("bob", "about mine", { replyTo: id });
    assert.equal(answer.replyTo, id);
    assert.equal((await alice.messenger.find(id, { who: "bob" })).text, "still mine");
    assert.equal((await alice.messenger.find(id, { who: "carol" })).text, "not hers");
    assert.equal((await alice.messenger.find(id, { direction: "out" })).text, "still mine");
    await assert.rejects(alice.messenger.find(id), { code: "message-ambiguous" });
    assert.equal((await alice.messenger.delete(id)).deleted, true);
    assert.equal((await alice.messenger.message(id, "carol"))?.text, "not hers");
    await world.time.pass(DAY / 24);
    assert.deepEqual(await bob.texts("alice"), ["in: ", "in: about mine"]);
    await world.stop();
  });
});

describe("a reply", () => {
  it("resolves in its own conversation, and reads no message of other contacts", async () => {
    const { world, alice, bob, carol } = await contacts(2);
    const secret = await alice.messenger.send("bob", "for bob only");
    await world.until("it is delivered", () => bob.shown().length === 1);
    await sendUnder({ alice, world }, carol, { replyTo: secret.id }, "an answer");
    const [answer] = await alice.messenger.history("carol", { limit: 1 });
    assert.equal(answer?.replyTo, secret.id);
    const reads: string[] = [];
    const { list, get } = alice.store;
    Object.assign(alice.store, {
      list: (...args: Parameters<typeof list>) => {
        reads.push(`list ${args[0]}`);
        return list(...args);
      },
      get: (...args: Parameters<typeof get>) => {
        if (args[0].table === "message") reads.push("get message");
        return get(...args);
      },
    });
    const id = answer?.replyTo as MessageId;
    await assert.rejects(alice.messenger.find(id, { who: "carol" }), { code: "message-unknown" });
    for (const unknown of ["a".repeat(26), "b".repeat(26)])
      await assert.rejects(alice.messenger.find(unknown), { code: "message-unknown" });
    await assert.rejects(alice.messenger.send("carol", "hm", { replyTo: id }), {
      code: "message-unknown",
    });
    assert.deepEqual(reads, []);
    await world.stop();
  });
});
