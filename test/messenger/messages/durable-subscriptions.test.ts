import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import type { LoggedEvent } from "../../../src/messenger/index.ts";
import { pairOf } from "../../scenario/acts.ts";
import type { SimNode, World } from "../../scenario/world.ts";

const eventRows = (node: SimNode) =>
  node.store.snapshot().filter(({ table }) => table === "event").length;

/** A program that follows, and remembers what it saw, as often as it saw it. */
class Bot {
  readonly seen: LoggedEvent[] = [];
  readonly #name: string;
  #done: number | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Reads one page and acknowledges it; without `ack` it dies before it can. */
  async read(node: SimNode, { limit = 100, ack = true } = {}): Promise<LoggedEvent[]> {
    const { events } = await node.messenger.readEvents(this.#name, { limit });
    this.seen.push(...events);
    this.#done = events.at(-1)?.cursor ?? this.#done;
    if (ack && this.#done !== undefined) await node.messenger.acknowledge(this.#name, this.#done);
    return events;
  }

  async readAll(node: SimNode): Promise<void> {
    while ((await this.read(node)).length > 0);
  }

  /**
   * What it saw, each cursor once. Fails where one cursor told of two things, or a new one came out
   * of turn.
   */
  story(): string[] {
    const told = new Map<number, string>();
    let highest = 0;
    for (const event of this.seen) {
      const text = summary(event);
      if (told.has(event.cursor)) assert.equal(told.get(event.cursor), text);
      else {
        assert.equal(event.cursor, highest + 1, "nothing is skipped");
        highest = event.cursor;
        told.set(event.cursor, text);
      }
    }
    return [...told.values()];
  }
}

function summary(event: LoggedEvent): string {
  if (event.type === "message.new") return `${event.message.direction} ${event.message.text}`;
  if (event.type === "message.state") return `${event.message.text} ${event.message.state}`;
  return event.type;
}

async function converse(world: World, alice: SimNode, bob: SimNode): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await alice.messenger.send("bob", `a${n}`).catch(() => undefined);
    await bob.messenger.send("alice", `b${n}`).catch(() => undefined);
    await world.time.pass(200);
  }
}

describe("events without a follower", () => {
  it("cost no row and no commit", async () => {
    const commits: number[] = [];
    for (const followed of [false, true]) {
      const { world, alice, bob } = await pairOf(1);
      if (followed) await bob.messenger.follow("bot", {});
      let count = 0;
      bob.onCommit = (ops, moment) => {
        if (moment === "before") count++;
        if (!followed) assert.ok(ops.every(({ key }) => key.table !== "event"));
      };
      await converse(world, alice, bob);
      await bob.messenger.markRead("alice");
      commits.push(count);
      assert.equal(eventRows(bob) > 0, followed);
      await world.stop();
    }
    assert.ok(commits[0] !== undefined && commits[0] >= 6);
    assert.equal(commits[1], commits[0], "entries ride in the batches of what they tell of");
  });

  it("leave nothing once the last follower has gone", async () => {
    const { world, alice, bob } = await pairOf(2);
    await bob.messenger.follow("one", {});
    await bob.messenger.follow("two", { from: "alice", types: ["message.new"] });
    await converse(world, alice, bob);
    await bob.messenger.unfollow("one");
    assert.ok(eventRows(bob) > 1);
    await bob.messenger.unfollow("two");
    assert.equal(eventRows(bob), 0);
    await assert.rejects(bob.messenger.unfollow("two"), { code: "follower-unknown" });
    await world.stop();
  });
});

describe("a follower", () => {
  it("is given everything in order, with texts as they are kept, and nothing from before", async () => {
    const { world, alice, bob } = await pairOf(3);
    await bob.messenger.send("alice", "before");
    await world.time.pass(1000);
    await bob.messenger.follow("bot", {});
    await converse(world, alice, bob);
    const bot = new Bot("bot");
    await bot.readAll(bob);
    const story = bot.story();
    for (let n = 0; n < 3; n++) {
      assert.ok(story.indexOf(`out b${n}`) >= 0);
      assert.ok(story.indexOf(`b${n} delivered`) > story.indexOf(`out b${n}`));
      assert.ok(story.includes(`in a${n}`));
    }
    assert.ok(!story.some((line) => line.includes("before")));
    assert.equal(eventRows(bob), 1, "what was acknowledged is not kept");
    await world.stop();
  });

  it("finds live events under the same cursors", async () => {
    const { world, alice, bob } = await pairOf(4);
    await bob.messenger.follow("bot", {});
    bob.events.length = 0;
    await converse(world, alice, bob);
    const bot = new Bot("bot");
    await bot.readAll(bob);
    const live = bob.events.flatMap((event) =>
      "cursor" in event && event.cursor !== undefined ? [[event.cursor, event.type]] : [],
    );
    const read = bot.seen.map(({ cursor, type }) => [cursor, type]);
    assert.deepEqual(live.sort(), read.sort());
    await world.stop();
  });

  it("keeps its place over a restart, and a second one has a place of its own", async () => {
    const { world, alice, bob } = await pairOf(5);
    await bob.messenger.follow("bot", { types: ["message.new"] });
    await bob.messenger.follow("slow", { types: ["message.new"] });
    const bot = new Bot("bot");
    await converse(world, alice, bob);
    await bot.readAll(bob);
    await bob.restart();
    await bob.messenger.follow("bot", { types: ["message.new"] });
    await converse(world, alice, bob);
    await bot.readAll(bob);
    const slow = new Bot("slow");
    await slow.readAll(bob);
    assert.equal(slow.story().length, 12);
    assert.deepEqual(bot.story(), slow.story());
    // With an empty log, too, the next cursor is a new one.
    assert.equal(eventRows(bob), 2);
    await bob.restart();
    await converse(world, alice, bob);
    await bot.readAll(bob);
    assert.equal(bot.story().length, 18);
    await world.stop();
  });

  it("receives only events of the contact and the types that it asked for", async () => {
    const { world, alice, bob } = await pairOf(6);
    const carol = await world.node("carol");
    await world.pair(carol, bob);
    await bob.messenger.follow("bot", { from: "alice", types: ["message.new"] });
    await bob.messenger.follow("all", {});
    for (let n = 0; n < 100; n++) await carol.messenger.send("bob", `c${n}`);
    await world.time.pass(2000);
    await converse(world, alice, bob);
    const events = await new Bot("bot").read(bob);
    assert.deepEqual(
      events.map((event) => event.type === "message.new" && event.message.text),
      (await bob.texts("alice")).map((text) => text.replace(/^\w+: /, "")),
    );
    await world.stop();
  });

  it("learns that a message or a contact was removed", async () => {
    const { world, alice, bob } = await pairOf(7);
    await bob.messenger.follow("bot", {});
    await alice.messenger.send("bob", "soon gone");
    await world.time.pass(1000);
    const [id] = bob.shown().map((message) => message.id);
    await bob.messenger.remove("alice");
    const events = await new Bot("bot").read(bob);
    assert.ok(events.some((event) => event.type === "message.removed" && event.id === id));
    assert.equal(events.at(-1)?.type, "contact.removed");
    assert.ok(!JSON.stringify(events).includes("soon gone"));
    await world.stop();
  });

  it("that was away for too long learns so, and continues with what is kept", async () => {
    const { world, alice, bob } = await pairOf(8);
    await bob.messenger.follow("bot", { types: ["message.new"] });
    const bot = new Bot("bot");
    await converse(world, alice, bob);
    await bot.readAll(bob);
    // A log that is full, of whose entries the oldest and the newest will do.
    const of = { account: "" };
    const entry = { type: "message.new", ref: "", of, at: 1, id: "", state: "received" };
    const value = Buffer.from(JSON.stringify(entry));
    const key = (at: number) => ({ table: "event" as const, of: "log", at });
    const newest = 6 + limits.eventLog;
    await bob.store.commit([7, newest].map((at) => ({ kind: "put", key: key(at), value })));
    await bob.restart();
    assert.equal(bob.messenger.followers()[0]?.behind, limits.eventLog);
    await alice.messenger.send("bob", "one too many");
    await world.time.pass(1000);
    assert.equal(await bob.store.get(key(7)), undefined);
    const [first, second] = await bot.read(bob, { limit: 2, ack: false });
    assert.deepEqual(first, { type: "resync", cursor: newest - 1 });
    assert.equal(second?.cursor, newest);
    await bob.messenger.acknowledge("bot", newest);
    const [last] = await bot.read(bob);
    assert.ok(last?.type === "message.new" && last.message.text === "one too many");
    assert.deepEqual(await bot.read(bob), []);
    await world.stop();
  });

  it("needs a name, and at most so many follow", async () => {
    const { world, bob } = await pairOf(9);
    for (const name of ["", " ", "a\u202eb", "x".repeat(65)])
      await assert.rejects(bob.messenger.follow(name, {}), { code: "name-invalid" });
    await assert.rejects(bob.messenger.follow("bot", { from: "nobody" }), {
      code: "contact-unknown",
    });
    for (let n = 0; n < limits.followers; n++) await bob.messenger.follow(`bot ${n}`, {});
    await assert.rejects(bob.messenger.follow("bot", {}), { code: "too-many-followers" });
    await assert.rejects(bob.messenger.acknowledge("bot 1", 1), { code: "cursor-unknown" });
    await assert.rejects(bob.messenger.readEvents("bot", { limit: 1 }), {
      code: "follower-unknown",
    });
    await world.stop();
  });
});

describe("a follower of a node that dies", () => {
  for (const moment of ["before", "after"] as const)
    it(`${moment} any of its commits sees every message at least once, in order`, async function () {
      this.timeout(30_000);
      for (let step = 1; ; step++) {
        const { world, alice, bob } = await pairOf(10);
        const { chance } = world;
        await bob.messenger.follow("bot", { types: ["message.new"] });
        const bot = new Bot("bot");
        let count = 0;
        bob.onCommit = (_ops, at) => {
          if (at === moment && ++count === step) bob.kill();
        };
        // The program reads when it likes, and dies now and then between reading and acknowledging.
        const reads = async (): Promise<void> => {
          if (!bob.alive) return;
          const habits = { limit: 1 + Math.floor(3 * chance.next()), ack: chance.next() < 0.6 };
          await bot.read(bob, habits).catch(() => undefined);
        };
        for (let n = 0; n < 4; n++) {
          await alice.messenger.send("bob", `a${n}`);
          if (bob.alive) await bob.messenger.send("alice", `b${n}`).catch(() => undefined);
          await reads();
          await world.time.pass(100);
          await reads();
        }
        const died = !bob.alive;
        bob.onCommit = undefined;
        if (died) await bob.start();
        await world.until("everything is there", () => alice.contact("bob").waiting === 0);
        await bot.readAll(bob);
        const story = bot.story();
        assert.deepEqual(
          story,
          (await bob.texts("alice")).map((text) => text.replace(": ", " ")),
        );
        assert.equal(story.filter((line) => line.startsWith("in")).length, 4);
        await world.stop();
        if (!died) return assert.ok(step > 12, `only ${step} commits`);
      }
    });
});
