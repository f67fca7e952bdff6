import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { settle, tell } from "../../chaos/account.ts";
import { everybody, massacre, revive, untilKilled } from "../../chaos/killing.ts";
import { sizes } from "../../chaos/sizes.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { pair, paired, type User } from "../../chaos/user.ts";

const seconds = (since: number) => Math.round((Date.now() - since) / 1000);

describe("daemons that are killed by kill -9", () => {
  let testbed: Testbed;
  beforeEach(async () => {
    testbed = await Testbed.open();
  });
  afterEach(() => testbed.close());

  for (const [names, kills] of [
    [["alice", "bob"], sizes.kills.two],
    [["alice", "bob", "carol"], sizes.kills.three],
  ] as const)
    it(`lose nothing, show nothing twice and keep the order: ${names.length} users who write, ${kills} kills`, async () => {
      const users = names.map((name) => testbed.user(name));
      await Promise.all(users.map((user) => user.start()));
      for (const [i, inviter] of users.entries())
        for (const invitee of users.slice(i + 1)) await pair(inviter, invitee);
      const loads = everybody(users);
      for (const load of loads) load.start();
      const began = Date.now();
      await massacre(testbed, kills);
      await Promise.all(loads.map((load) => load.finish()));
      const stopped = Date.now();
      const { messages, lost, duplicated } = await settle(loads);
      const unanswered = loads.reduce((sum, load) => sum + load.unanswered.size, 0);
      tell(
        `${testbed.kills} kills, ${messages} messages, ${unanswered} never answered, ${lost} lost, ${duplicated} duplicated; ` +
          `${seconds(began)} s, of which ${seconds(stopped)} s until the last was delivered`,
      );
      assert.ok(messages > kills);
    });

  it(`pair after all, whenever either is killed: ${sizes.kills.pairing} kills`, async () => {
    const began = Date.now();
    let pairs = 0;
    for (const more = untilKilled(testbed, sizes.kills.pairing); more(); pairs++) {
      const inviter = testbed.user(`inviter${pairs}`);
      const invitee = testbed.user(`invitee${pairs}`);
      await Promise.all([firstStart(inviter), firstStart(invitee)]);
      const { link } = await inviter.node.call("invite.create", { kind: "once" });
      // The answer was given, so the invite must outlive this; the invitee may die before its own
      // answer.
      const answered = invitee.node.call("contact.add", { link, as: inviter.name }).then(
        () => true,
        () => false,
      );
      await dieAWhile([inviter, invitee]);
      if (!(await answered)) await add(invitee, link, inviter.name);
      await paired(inviter, invitee);
      const loads = everybody([inviter, invitee]);
      for (const load of loads) load.start();
      await sleep(100);
      await Promise.all(loads.map((load) => load.finish()));
      await settle(loads);
      await Promise.all([inviter.stop(), invitee.stop()]);
    }
    tell(`${testbed.kills} kills, ${pairs} pairs, all paired and talking; ${seconds(began)} s`);
  });
});

/** An account is made by the first start, which may be killed at any step of that. */
async function firstStart(user: User): Promise<void> {
  for (let tries = Math.floor(Math.random() * 3); tries > 0; tries--) {
    user.launch();
    await sleep(600 * Math.random());
    await user.kill();
  }
  await user.start();
}

/** Both sides are killed again and again, soon after each other, and some also on the way up. */
async function dieAWhile(users: readonly [User, User]): Promise<void> {
  for (let deaths = 1 + Math.floor(Math.random() * 4); deaths > 0; deaths--) {
    await sleep(500 * Math.random() ** 2);
    const victim = users[Math.random() < 0.5 ? 0 : 1];
    await victim.kill();
    await revive(victim);
  }
}

/** Asks again for what got no answer: it may have been done. */
async function add(invitee: User, link: string, name: string): Promise<void> {
  const { contacts } = await invitee.node.call("contact.list", {});
  if (contacts.length === 0) await invitee.node.call("contact.add", { link, as: name });
}
