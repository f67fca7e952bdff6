import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { MessageView } from "../../../src/messenger/index.ts";
import { away, pairOf } from "../../scenario/acts.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function delivered(
  world: World,
  from: SimNode,
  who: string,
  text: string,
): Promise<MessageView> {
  const message = await from.messenger.send(who, text);
  await world.reaches(from, message, "delivered");
  return message;
}

/** The texts that a person sees, without notices. */
async function shown(node: SimNode, who: string): Promise<string[]> {
  const page = await node.messenger.history(who, { limit: 1000 });
  return page.filter(({ notice }) => notice === undefined).map(({ text }) => text);
}

/** Rows of a disk in which the text lies. */
function traces(node: SimNode, text: string): string[] {
  return node.store
    .snapshot()
    .filter(({ value }) => Buffer.from(value).includes(text))
    .map(({ table }) => table);
}

async function agreed(seed: number, ms = HOUR) {
  const parts = await pairOf(seed);
  const { world, alice, bob } = parts;
  await alice.messenger.setTimer("bob", ms);
  await world.until("bob knows", () => bob.contact("alice").timer === ms);
  return parts;
}

describe("a timer", () => {
  it("is agreed between both, is shown in both histories, and is set by either", async () => {
    const { world, alice, bob } = await agreed(1);
    assert.equal(alice.contact("bob").timer, HOUR);
    const notices = async (node: SimNode, who: string) =>
      (await node.messenger.history(who, { limit: 10 })).map(({ direction, notice }) => [
        direction,
        notice?.ms,
      ]);
    assert.deepEqual(await notices(alice, "bob"), [["out", HOUR]]);
    assert.deepEqual(await notices(bob, "alice"), [["in", HOUR]]);
    await bob.messenger.setTimer("alice", 0);
    await world.until("alice knows", () => alice.contact("bob").timer === 0);
    assert.deepEqual(await notices(alice, "bob"), [
      ["out", HOUR],
      ["in", 0],
    ]);
    // What is so already is not told again.
    await bob.messenger.setTimer("alice", 0);
    assert.equal((await notices(bob, "alice")).length, 2);
    for (const ms of [1, limits.timerMin - 1, limits.timerMax + 1, 1.5])
      await assert.rejects(bob.messenger.setTimer("alice", ms), { code: "timer-invalid" });
    await world.stop();
  });

  it("runs for the sender from delivery, for the receiver from reading, and only for what was sent after it", async () => {
    const { world, alice, bob } = await pairOf(2);
    await delivered(world, alice, "bob", "from before");
    await alice.messenger.setTimer("bob", HOUR);
    await world.until("bob knows", () => bob.contact("alice").timer === HOUR);
    await delivered(world, alice, "bob", "from alice");
    await delivered(world, bob, "alice", "from bob");
    await world.time.pass(HOUR - MINUTE);
    assert.deepEqual(await shown(alice, "bob"), ["from before", "from alice", "from bob"]);
    await world.time.pass(2 * MINUTE);
    assert.deepEqual(await shown(alice, "bob"), ["from before", "from bob"]);
    assert.deepEqual(await shown(bob, "alice"), ["from before", "from alice"]);
    // Unread ones wait for their reader, however long that takes.
    await world.time.pass(3 * DAY);
    await bob.messenger.markRead("alice");
    await world.time.pass(HOUR - MINUTE);
    assert.deepEqual(await shown(bob, "alice"), ["from before", "from alice"]);
    await world.time.pass(2 * MINUTE);
    assert.deepEqual(await shown(bob, "alice"), ["from before"]);
    await world.stop();
  });

  it("does not run for what is not delivered, nor for what came after the page that was read", async () => {
    const { world, alice, bob } = await agreed(3);
    await bob.stop();
    await alice.messenger.send("bob", "for later");
    await world.time.pass(DAY);
    assert.deepEqual(await shown(alice, "bob"), ["for later"]);
    await bob.start();
    await world.until("it came", () => bob.messenger.unread("alice") === 1);
    const [page] = (await bob.messenger.history("alice", { limit: 1 })).slice(-1);
    await delivered(world, alice, "bob", "behind the page");
    await bob.messenger.markRead("alice", { upTo: page?.at ?? 0 });
    assert.equal(bob.messenger.unread("alice"), 1);
    await world.time.pass(1000);
    assert.deepEqual((await alice.states("bob")).slice(-2), ["read", "delivered"]);
    await world.time.pass(2 * HOUR);
    assert.deepEqual(await shown(bob, "alice"), ["behind the page"]);
    await world.stop();
  });

  it("leaves no trace of a text, and listeners and followers hear of its end", async () => {
    const { world, alice, bob } = await agreed(4);
    await bob.messenger.follow("bot", {});
    let shreds = 0;
    const { shred } = bob.store;
    bob.store.shred = () => {
      shreds++;
      return shred();
    };
    const said = await delivered(world, alice, "bob", "a word that goes");
    const answer = await bob.messenger.send("alice", "an answer", { replyTo: said.id });
    await world.reaches(bob, answer, "delivered");
    await bob.messenger.markRead("alice");
    // An edit that is not delivered yet keeps its text until then.
    bob.host.up = false;
    bob.host.cutAll();
    await world.time.pass(1000);
    await alice.messenger.edit(said.id, "a word that stays not");
    assert.equal(alice.contact("bob").waiting, 1);
    await world.time.pass(HOUR + MINUTE);
    assert.equal(alice.contact("bob").waiting, 1);
    bob.host.up = true;
    await delivered(world, alice, "bob", "and on they talk");
    assert.deepEqual(traces(bob, "a word that"), []);
    await world.time.pass(HOUR + MINUTE);
    assert.deepEqual(traces(alice, "a word that"), []);
    assert.ok(shreds > 0, "the disk was asked to shred");
    assert.ok(bob.events.some((event) => event.type === "message.removed" && event.id === said.id));
    const { events } = await bob.messenger.readEvents("bot", { limit: 100 });
    assert.ok(events.some((event) => event.type === "message.removed" && event.id === said.id));
    assert.ok(!JSON.stringify(events).includes("a word that"));
    assert.deepEqual((await bob.messenger.search("word", { limit: 10 })).hits, []);
    await world.stop();
  });

  it("runs over restarts, and counts the time that the node was off", async () => {
    const { world, alice, bob } = await agreed(5);
    await delivered(world, alice, "bob", "goes meanwhile");
    await bob.messenger.markRead("alice");
    await world.time.pass(HOUR / 2);
    await bob.restart();
    assert.deepEqual(await shown(bob, "alice"), ["goes meanwhile"]);
    await bob.stop();
    await world.time.pass(HOUR);
    await bob.start();
    await world.time.pass(1000);
    assert.deepEqual(await shown(bob, "alice"), []);
    await world.stop();
  });

  it("is not hurried or held up by a wall clock that is set, also if the node is restarted after that", async () => {
    for (const jump of [400 * DAY, -400 * DAY])
      for (const restarts of [false, true]) {
        const { world, alice, bob } = await agreed(6);
        await delivered(world, alice, "bob", "steady");
        await bob.messenger.markRead("alice");
        await world.time.pass(10 * MINUTE);
        bob.skew = jump;
        await world.time.pass(10 * MINUTE);
        if (restarts) await bob.restart();
        await world.time.pass(35 * MINUTE);
        assert.deepEqual(await shown(bob, "alice"), ["steady"]);
        await world.time.pass(10 * MINUTE);
        assert.deepEqual(await shown(bob, "alice"), []);
        for (const node of [alice, bob]) await node.stop();
      }
  });

  it("lasts no longer than its whole time again, where the wall clock went back while the node was off", async () => {
    const { world, alice, bob } = await agreed(7);
    await delivered(world, alice, "bob", "back in time");
    await bob.messenger.markRead("alice");
    await bob.stop();
    bob.skew = -400 * DAY;
    await bob.start();
    await world.time.pass(HOUR + MINUTE);
    assert.deepEqual(await shown(bob, "alice"), []);
    for (const node of [alice, bob]) await node.stop();
  });

  for (const who of ["alice", "bob"] as const)
    it(`takes every message away in the end, once, whichever commit ${who} dies at`, async function () {
      this.timeout(30_000);
      for (let step = 1; ; step++) {
        const { world, alice, bob } = await agreed(8);
        const node = who === "alice" ? alice : bob;
        let count = 0;
        let died = false;
        node.onCommit = (_ops, at) => {
          if (at !== "after" || ++count !== step) return;
          died = true;
          node.kill();
        };
        const revive = async (): Promise<void> => {
          if (!node.alive) await node.start();
        };
        for (let n = 0; n < 2; n++) {
          if (alice.alive) await alice.messenger.send("bob", `a${n}`).catch(() => undefined);
          await world.time.pass(100);
          if (bob.alive) await bob.messenger.markRead("alice").catch(() => undefined);
          await world.time.pass(100);
        }
        await revive();
        await world.until("delivered", () => alice.contact("bob").waiting === 0);
        await bob.messenger.markRead("alice").catch(() => undefined);
        await world.time.pass(HOUR + MINUTE);
        await revive();
        await world.time.pass(HOUR + MINUTE);
        for (const [one, other] of [
          [alice, "bob"],
          [bob, "alice"],
        ] as const)
          assert.deepEqual(await shown(one, other), [], `${one.name} after ${step}`);
        for (const one of [alice, bob])
          assert.ok(one.store.snapshot().every(({ table }) => table !== "span"));
        for (const one of [alice, bob]) await one.stop();
        if (!died) return assert.ok(step > 5, `only ${step} commits`);
      }
    });
});

describe("a message that is gone", () => {
  it("is not taken for a new one when it comes again, nor sent again by its key", async () => {
    const { world, alice, bob } = await agreed(10, 10_000);
    // Alice comes back with a disk from before the delivery.
    await bob.stop();
    await world.time.pass(1000);
    const sent = await alice.messenger.send("bob", "only once", { key: "k" });
    const old = alice.store.fork();
    await bob.start();
    await world.reaches(alice, sent, "delivered");
    await bob.messenger.markRead("alice");
    await world.time.pass(MINUTE);
    assert.deepEqual(await shown(alice, "bob"), []);
    const again = await alice.messenger.send("bob", "only once", { key: "k" });
    assert.equal(again.id, sent.id);
    assert.equal(again.text, "");
    await alice.stop();
    await alice.startFrom(old);
    await world.until("delivered again", () => alice.contact("bob").waiting === 0);
    assert.equal(bob.shown().filter(({ id }) => id === sent.id).length, 1);
    assert.deepEqual(await shown(bob, "alice"), []);
    for (const node of [alice, bob]) await node.stop();
  });
});

describe("an edit of a message whose time ends", () => {
  it("holds the message until the edit is delivered, and its time starts again then", async () => {
    const { world, alice, bob } = await agreed(41);
    const { id } = await delivered(world, alice, "bob", "first words");
    await bob.stop();
    await world.time.pass(MINUTE);
    assert.equal((await alice.messenger.edit(id, "second words")).changing, true);
    await world.time.pass(3 * HOUR);
    assert.deepEqual(await shown(alice, "bob"), ["second words"]);
    await alice.restart();
    await world.time.pass(3 * HOUR);
    assert.deepEqual(await shown(alice, "bob"), ["second words"]);
    await bob.start();
    await world.until("the edit arrives", () => alice.contact("bob").waiting === 0);
    assert.deepEqual(await shown(bob, "alice"), ["second words"]);
    await world.time.pass(HOUR / 2);
    assert.deepEqual(await shown(alice, "bob"), ["second words"]);
    await world.time.pass(HOUR);
    assert.deepEqual(await shown(alice, "bob"), []);
    assert.deepEqual(traces(alice, "words"), []);
    assert.deepEqual(await shown(bob, "alice"), ["second words"], "bob has not read it");
    await world.stop();
  });

  it("is given up after 30 days, so that the text does not stay for good", async () => {
    const { world, alice, bob } = await agreed(42);
    const { id } = await delivered(world, alice, "bob", "first words");
    await bob.stop();
    await alice.messenger.edit(id, "second words");
    await away(alice, 29 * DAY);
    assert.deepEqual(await shown(alice, "bob"), ["second words"]);
    await world.time.pass(2 * DAY);
    assert.deepEqual(await shown(alice, "bob"), []);
    assert.deepEqual(traces(alice, "words"), []);
    assert.equal(alice.contact("bob").waiting, 0);
    assert.ok(
      alice.events.some(
        (event) =>
          event.type === "message.changed" && event.message.id === id && !event.message.changing,
      ),
    );
    await bob.start();
    await world.reaches(alice, await alice.messenger.send("bob", "hello"), "delivered");
    assert.deepEqual(await shown(bob, "alice"), ["first words", "hello"]);
    await world.stop();
  });

  it("and a reaction to it are delivered from a node that keeps no history", async () => {
    const { world, alice, bob } = await pairOf(43, { history: false });
    const { id } = await delivered(world, alice, "bob", "a question");
    world.network.tamper = (from, _to, frame) =>
      from === alice.host.host && frame[0] === 4 ? "cut" : undefined;
    const answer = await bob.messenger.send("alice", "an answer");
    await bob.messenger.react(id, "👍");
    await alice.stop();
    await bob.messenger.edit(answer.id, "a better answer");
    await bob.messenger.markRead("alice");
    await world.time.pass(MINUTE);
    world.network.tamper = undefined;
    await alice.start();
    await world.until("all is delivered", () => bob.contact("alice").waiting === 0);
    await world.time.pass(MINUTE);
    assert.deepEqual(await shown(alice, "bob"), ["a question", "a better answer"]);
    assert.equal((await alice.messenger.message(id))?.reactions.length, 1);
    assert.deepEqual(await shown(bob, "alice"), []);
    await world.stop();
  });
});

describe("a node without history", () => {
  it("keeps what is not delivered, not read or given up, and nothing else", async () => {
    const { world, alice, bob } = await pairOf(20, { history: false });
    await delivered(world, bob, "alice", "delivered");
    const unread = await delivered(world, alice, "bob", "not read yet");
    await world.time.pass(MINUTE);
    assert.deepEqual(await shown(bob, "alice"), ["not read yet"]);
    await bob.restart();
    assert.deepEqual(await shown(bob, "alice"), ["not read yet"]);
    await bob.messenger.markRead("alice");
    await world.time.pass(1000);
    assert.deepEqual(await shown(bob, "alice"), []);
    // A late edit brings no text back.
    await alice.messenger.edit(unread.id, "not read, either");
    await world.until("it came", () => alice.contact("bob").waiting === 0);
    assert.deepEqual(traces(bob, "not read, either"), []);
    await alice.stop();
    await world.time.pass(5000);
    await bob.messenger.send("alice", "on its way");
    const given = await bob.messenger.send("alice", "given up");
    await bob.messenger.cancel(given.id);
    await world.time.pass(DAY);
    assert.deepEqual(await shown(bob, "alice"), ["on its way", "given up"]);
    for (const text of ["delivered", "not read yet"]) assert.deepEqual(traces(bob, text), []);
    await alice.start();
    await world.until("delivered", () => bob.contact("alice").waiting === 0);
    await world.time.pass(1000);
    assert.deepEqual(await shown(bob, "alice"), ["given up"]);
    // The other side, who keeps a history, has everything.
    assert.deepEqual(await shown(alice, "bob"), ["delivered", "not read, either", "on its way"]);
    await world.stop();
  });

  it("shows every message to its person before it goes, whichever commit it dies at", async function () {
    this.timeout(30_000);
    for (let step = 1; ; step++) {
      const { world, alice, bob } = await pairOf(21, { history: false });
      const seen = new Set<string>();
      let count = 0;
      let died = false;
      bob.onCommit = (_ops, at) => {
        if (at !== "after" || ++count !== step) return;
        died = true;
        bob.kill();
      };
      // As `sotto read` does: what is on the page was given, and nothing else.
      const read = async (): Promise<void> => {
        if (!bob.alive) await bob.start();
        const page = await bob.messenger.history("alice", { limit: 10 });
        for (const { text } of page) seen.add(text);
        const last = page.at(-1);
        if (last) await bob.messenger.markRead("alice", { upTo: last.at }).catch(() => undefined);
      };
      for (let n = 0; n < 3; n++) {
        await alice.messenger.send("bob", `a${n}`);
        await world.time.pass(60);
        await read();
      }
      await world.until("delivered", () => alice.contact("bob").waiting === 0);
      await read();
      await world.time.pass(1000);
      await read();
      await world.time.pass(1000);
      assert.deepEqual([...seen].sort(), ["a0", "a1", "a2"], `step ${step}`);
      assert.deepEqual(await shown(bob, "alice"), []);
      for (const node of [alice, bob]) await node.stop();
      if (!died) return assert.ok(step > 5, `only ${step} commits`);
    }
  });
});

describe("a retention limit", () => {
  it("takes old messages away that were read or delivered, by the time at which they came", async () => {
    const { world, alice, bob } = await pairOf(30, { retention: 7 * HOUR });
    await delivered(world, alice, "bob", "old");
    await delivered(world, bob, "alice", "an old answer");
    await bob.messenger.markRead("alice");
    await world.time.pass(5 * HOUR);
    // A sender's clock decides nothing.
    alice.skew = -10 * DAY;
    await delivered(world, alice, "bob", "new");
    await bob.messenger.markRead("alice");
    await delivered(world, alice, "bob", "never read");
    await world.time.pass(2 * HOUR - 10 * MINUTE);
    assert.equal((await shown(bob, "alice")).length, 4);
    await world.time.pass(limits.upkeep + 20 * MINUTE);
    assert.deepEqual(await shown(bob, "alice"), ["new", "never read"]);
    assert.deepEqual(traces(bob, "an old answer"), []);
    assert.equal((await shown(alice, "bob")).length, 4);
    await world.time.pass(6 * HOUR);
    assert.deepEqual(await shown(bob, "alice"), ["never read"]);
    for (const node of [alice, bob]) await node.stop();
  });

  it("waits a while after a start: a wrong clock may be set by then", async () => {
    const { world, alice, bob } = await pairOf(31, { retention: 7 * DAY });
    await delivered(world, alice, "bob", "young");
    await bob.messenger.markRead("alice");
    await bob.stop();
    bob.skew = 365 * DAY;
    await bob.start();
    await world.time.pass(5 * MINUTE);
    bob.skew = 0;
    await world.time.pass(HOUR);
    assert.deepEqual(await shown(bob, "alice"), ["young"]);
    for (const node of [alice, bob]) await node.stop();
  });
});
