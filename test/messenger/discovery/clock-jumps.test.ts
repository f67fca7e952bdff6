import assert from "node:assert/strict";
import { limits, remainingDelay } from "../../../src/base/index.ts";
import { RecordValidator } from "../../../src/dht/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

describe("a clock that was wrong", () => {
  let world: World;
  let alice: SimNode;
  let bob: SimNode;
  beforeEach(async () => {
    world = new World(7);
    alice = await world.node("alice");
    bob = await world.node("bob");
    await world.pair(alice, bob);
  });
  afterEach(() => world.stop());

  async function talkAgain(): Promise<void> {
    const text = await alice.messenger.send("bob", "are you there?");
    const here = () => alice.contact("bob").waiting === 0;
    assert.ok(await world.time.run(here, 10 * MINUTE));
    await world.reaches(alice, text, "delivered");
    await world.reaches(bob, await bob.messenger.send("alice", "yes"), "delivered");
  }

  for (const days of [2, 3, 10, 29, 60])
    it(`by ${days} days for one start separates no contacts once it is right`, async () => {
      await bob.stop();
      bob.skew = days * DAY;
      await bob.start();
      await world.time.pass(3 * limits.upkeep);
      await bob.stop();
      bob.skew = 0;
      await bob.start();
      await talkAgain();
    });

  for (const days of [5, 60])
    it(`that leapt by ${days} days while a link was up proves nothing by that link`, async () => {
      bob.skew = days * DAY;
      // Heard of at once, so that the link does not seem to have been silent for days.
      await world.reaches(alice, await alice.messenger.send("bob", "now"), "delivered");
      await world.time.pass(3 * limits.upkeep);
      assert.ok(bob.contact("alice").online);
      bob.skew = 0;
      await bob.restart();
      await talkAgain();
    });

  it("and fell back does not stop publishing and searching for as long", async () => {
    const carol = await world.node("carol");
    await alice.stop();
    bob.skew = DAY / 4;
    await world.time.pass(2 * limits.refreshMax);
    // Whoever appears makes bob look and publish, by the wrong clock.
    await carol.restart();
    await world.time.pass(MINUTE);
    const kinds: string[] = [];
    const publish = bob.host.publish.bind(bob.host);
    bob.host.publish = (tag, record, signal) => {
      const validator = new RecordValidator(world.crypto.verify, () => world.time.now());
      kinds.push(validator.check(tag, record).kind);
      return publish(tag, record, signal);
    };
    bob.skew = 0;
    await world.time.pass(2 * limits.refreshMax);
    assert.ok(kinds.length > 0 && kinds.every((kind) => kind === "valid"), kinds.join());
    await alice.start();
    assert.ok(await world.time.run(() => bob.contact("alice").online, MINUTE));
    await talkAgain();
  });
});

describe("a pause that has begun", () => {
  it("is never longer than a whole one, and never negative, whatever the clock does", () => {
    assert.equal(remainingDelay(1_000, 500, 1_200), 300);
    assert.equal(remainingDelay(1_000, 500, 9_000), 0);
    assert.equal(remainingDelay(1_000, 500, -DAY), 500);
    assert.equal(remainingDelay(Number.NEGATIVE_INFINITY, 500, 0), 0);
  });
});
