import assert from "node:assert/strict";
import fc from "fast-check";
import { limits, toHex } from "../../../src/base/index.ts";
import type { Contact } from "../../../src/messenger/model/contact.ts";
import { decodeRow } from "../../../src/messenger/model/rows.ts";
import type { Channel } from "../../../src/ports/index.ts";
import { encodeLinkFrame } from "../../../src/wire/index.ts";
import { mutated } from "../../properties/fuzz/mutate.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const seconds = Number(process.env.FUZZ_SECONDS ?? 60);
const DAY = 86_400_000;

/**
 * What the disk holds, except old roots: those are erased as simulated time passes, whether or not
 * a node connects.
 */
const disk = (node: SimNode): string =>
  node.store
    .snapshot()
    .map(({ table, of, at, value }) => {
      const { chain: _, ...contact } =
        table === "contact" ? decodeRow<Partial<Contact>>(value) : {};
      return `${table} ${of} ${at} ${table === "contact" ? JSON.stringify(contact) : toHex(value)}`;
    })
    .sort()
    .join();

describe("a peer that sends mutated bytes, for long", () => {
  it("gets no answer to anything that is no hello of ours, and changes nothing", async function () {
    this.timeout((seconds + 120) * 1000);
    const world = new World(1);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    await bob.restart();
    await world.until("they are linked", () => alice.contact("bob").online);
    await alice.messenger.createInvite({ kind: "reusable", expiresIn: DAY, hints: false });
    await world.time.pass(10_000);
    const stranger = world.network.host();
    // What the stranger spoils on its own side is nobody's second use of a key.
    world.network.watch = (passed) => {
      if (passed.from !== stranger.host) world.keys.see(passed);
    };
    const seen = world.network.captured
      .map(({ frame }) => frame)
      .filter(({ length }) => length < 2000);
    const firsts = seen.filter(([type]) => type === 1);
    assert.ok(firsts.length > 0);
    const inputs = [...firsts, ...firsts, ...seen.slice(-20), encodeLinkFrame({ type: "ping" })];
    // Both keep a live link in the meantime, whose pings change nothing on the disk.
    const before = disk(alice);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutated(inputs), { minLength: 1, maxLength: 3 }),
        async (frames) => {
          runs += 1;
          let channel: Channel | undefined;
          const target = { addresses: alice.host.addresses(), host: alice.host.host };
          void stranger.dial(target, new AbortController().signal).then((opened) => {
            channel = opened;
          });
          await world.until("the stranger is connected", () => channel !== undefined);
          let ended = false;
          let answers = 0;
          void (async () => {
            for (;;) {
              const got = (await channel?.receive()) ?? [];
              if (got.length === 0) break;
              answers += got.length;
            }
            ended = true;
          })();
          await channel?.send(frames);
          await world.until("the channel ends", () => ended, limits.stepTimeout + limits.linkDead);
          assert.equal(answers, 0);
          assert.equal(disk(alice), before);
          assert.ok(alice.contact("bob").online, "the link with bob lives");
          world.network.captured.length = 0;
        },
      ),
      {
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: seconds * 1000,
        markInterruptAsFailure: false,
      },
    );
    assert.ok(runs > 20, `${runs} visits`);
    await world.reaches(alice, await alice.messenger.send("bob", "still here"), "delivered");
    await world.stop();
  });

  it("may change messages of two users in transit, and only delays them", async function () {
    this.timeout((seconds + 120) * 1000);
    const world = new World(2);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    let rounds = 0;
    const end = Date.now() + seconds * 1000;
    while (rounds < 5 || (Date.now() < end && rounds < 400)) {
      rounds += 1;
      // Each frame is changed at this rate until the message was delivered in spite of it.
      let left = 1 + (rounds % 4);
      world.network.tamper = (_from, _to, frame) => {
        if (left === 0) return undefined;
        left -= 1;
        return fc.sample(mutated([frame]), { numRuns: 1, seed: rounds * 8 + left })[0];
      };
      const text = `message ${rounds}`;
      const sent = await alice.messenger.send("bob", text);
      await world.reaches(alice, sent, "delivered");
      assert.equal((await bob.texts("alice")).filter((line) => line === `in: ${text}`).length, 1);
      world.network.tamper = undefined;
      world.network.captured.length = 0;
    }
    await world.stop();
  });
});
