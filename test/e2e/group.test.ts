import assert from "node:assert/strict";
import { hostBootstrap, pair, User } from "./user.ts";

const CLUB = "group:Club";

/** Waits until the group's links, or what a user was shown of it, are so. */
const linked = (user: User, count: number): Promise<void> =>
  user.until(`${user.name} has ${count} links`, () => links(user) === count);
const links = (user: User): number | undefined => user.messenger.groups.list()[0]?.linked;

async function texts(user: User): Promise<string[]> {
  const { messages } = await user.messenger.page(CLUB, { limit: 100 });
  return messages.map(({ text }) => text);
}

const shown = (user: User, text: string): Promise<void> =>
  user.until(`${user.name} is shown “${text}”`, () =>
    user.events.some((event) => event.type === "message.new" && event.message.text === text),
  );

describe("a group of three, over libp2p", function () {
  this.timeout(120_000);

  it("talks while one is away, goes on after a crash, and loses one that is removed", async () => {
    const host = await hostBootstrap();
    const bootstrap = host.addresses();
    const users = await Promise.all(
      ["alice", "bob", "carol"].map((name) => User.make(name, { bootstrap })),
    );
    const [alice, bob, carol] = users as [User, User, User];
    try {
      await pair(alice, bob);
      await pair(alice, carol);
      await pair(bob, carol);
      await alice.messenger.groups.create("Club");
      for (const user of [bob, carol]) {
        await alice.messenger.groups.invite("Club", user.name);
        await user.until("invited", () => user.messenger.groups.invitations().length > 0);
        await user.messenger.groups.join("Club");
      }
      for (const user of users) await linked(user, 2);
      for (const user of users) {
        await user.messenger.send(CLUB, `hello from ${user.name}`);
        for (const other of users)
          if (other !== user) await shown(other, `hello from ${user.name}`);
      }

      await carol.kill();
      await alice.messenger.send(CLUB, "while carol is away");
      await shown(bob, "while carol is away");
      // Whoever has it gives it to her: its author is not there.
      await alice.kill();
      await carol.start();
      await shown(carol, "while carol is away");
      await alice.start();
      for (const user of users) await linked(user, 2);
      const before = await texts(alice);
      assert.equal(before.length, 4);
      for (const user of [bob, carol]) assert.deepEqual(await texts(user), before, user.name);

      await alice.messenger.groups.remove("Club", "carol");
      await carol.until(
        "carol knows",
        () => carol.messenger.groups.list()[0]?.standing === "removed",
      );
      await linked(alice, 1);
      await linked(bob, 1);
      await bob.messenger.send(CLUB, "without her");
      await shown(alice, "without her");
      await alice.messenger.send("carol", "still a contact");
      await shown(carol, "still a contact");
      assert.deepEqual(await texts(carol), before);
      await assert.rejects(carol.messenger.send(CLUB, "may I?"), { code: "group-ended" });
    } finally {
      await Promise.all(users.map((user) => user.end()));
      await host.stop();
    }
  });
});
