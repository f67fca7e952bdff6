import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Testbed } from "../../chaos/testbed.ts";
import type { User } from "../../chaos/user.ts";
import {
  agree,
  befriend,
  CLUB,
  caughtUp,
  invited,
  names,
  owner,
  shows,
  standing,
  texts,
  together,
} from "../../e2e/group/club.ts";

const anyOf = (users: readonly User[]): User =>
  users[Math.floor(Math.random() * users.length)] as User;

/** Rejects only once all of them have ended. */
async function all(jobs: readonly Promise<unknown>[]): Promise<void> {
  for (const ended of await Promise.allSettled(jobs))
    if (ended.status === "rejected") throw ended.reason;
}

/**
 * Kills users at a random moment, at most `within` ms after the act began, and starts them again.
 * @param act does what is not done yet; it is repeated, as what was killed gave no answer.
 */
async function killedAmid(
  victims: readonly User[],
  within: number,
  act: () => Promise<unknown>,
): Promise<void> {
  const first = act().catch(() => undefined);
  await sleep(within * Math.random());
  await all(victims.map((victim) => victim.kill()));
  await all(victims.map((victim) => victim.start()));
  await first;
  await act();
}

describe("a group of five daemons that are killed by kill -9", function () {
  this.timeout(600_000);
  let testbed: Testbed;
  before(async () => {
    testbed = await Testbed.open();
  });
  after(() => testbed.close());

  it("has the same members and messages everywhere, each once, whatever they did", async () => {
    const five = ["alice", "bob", "carol", "dave", "erin"].map((name) => testbed.user(name));
    const [alice, bob, carol, dave, erin] = five as [User, User, User, User, User];
    const wanted: string[] = [];
    /** Each writes a few texts, each text once however often it is asked for. */
    const talk = (users: readonly User[], about: string) => {
      const lines = users.map((user) => [0, 1, 2].map((i) => `${user.name} ${about} ${i}`));
      wanted.push(...lines.flat());
      return () =>
        all(
          users.map(async (user, i) => {
            for (const text of lines[i] ?? [])
              await user.node.call("message.send", { who: CLUB, text, key: text });
          }),
        );
    };
    await befriend(five);

    await killedAmid([alice], 40, async () => {
      if ((await standing(alice)) === undefined)
        await alice.node.call("group.create", { name: "Club" });
    });
    const guests = [bob, carol, dave, erin];
    await killedAmid([anyOf(five)], 150, async () => {
      const before = await names(alice);
      for (const { name: who } of guests)
        if (!before.includes(who)) await alice.node.call("group.invite", { group: CLUB, who });
    });
    await invited(guests);
    await killedAmid([anyOf(five)], 300, () =>
      all(
        guests.map(async (user) => {
          if ((await standing(user)) === undefined)
            await user.node.call("group.join", { group: "Club" }).catch((error) => {
              // It was added between the two questions.
              if (error.code !== "invitation-unknown") throw error;
            });
        }),
      ),
    );
    await together(five);

    await killedAmid([anyOf(five)], 400, talk(five, "begins"));
    await agree(five, wanted);
    await killedAmid(five, 400, talk(five, "sees all go down"));
    await agree(five, wanted);

    // What carol wrote while bob was away reaches him without her.
    await bob.stop();
    await talk([carol], "misses bob")();
    await agree([alice, dave, erin], wanted);
    await carol.stop();
    await bob.start();
    await agree([bob], wanted);
    await carol.start();

    const four = [alice, bob, carol, dave];
    const write = talk(four, "writes meantime");
    await killedAmid([anyOf(four)], 300, async () => {
      const removal = (async () => {
        if ((await names(alice)).includes("erin"))
          await alice.node.call("group.remove", { group: CLUB, member: "erin" });
      })();
      await all([removal, write()]);
    });
    await together(four);
    await agree(four, wanted);
    await shows(erin, "is removed", () => standing(erin), "removed");
    await killedAmid([anyOf(five)], 300, talk(four, "after erin"));
    await agree(four, wanted);

    const founders = wanted.slice();
    await killedAmid([anyOf(four)], 200, async () => {
      if ((await standing(alice)) !== "left") await alice.node.call("group.leave", { group: CLUB });
    });
    const three = [bob, carol, dave];
    await together(three);
    await killedAmid([anyOf(three)], 300, talk(three, "after alice"));
    await agree(three, wanted);
    await together(three);
    const owners = await Promise.all(three.map(owner));
    assert.ok(owners[0] !== undefined && new Set(owners).size === 1, owners.join());
    await caughtUp(erin, four, "to erin alone");
    assert.ok((await texts(erin)).every((text) => !/after/.test(text)));
    await caughtUp(alice, three, "to alice alone");
    await agree([alice], founders);
  });
});
