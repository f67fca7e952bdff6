import assert from "node:assert/strict";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, User } from "./user.ts";

const DAY = 86_400_000;

describe("pairing while one side is killed, over libp2p", function () {
  this.timeout(120_000);
  let host: BootstrapNode;

  before(async () => {
    host = await hostBootstrap();
  });

  after(() => host.stop());

  // As many as pairing has: the inviter takes the claim and hears the first frame; the invitee
  // takes the invite, adopts the keys, says its first frame and hears the inviter's.
  for (const [victim, commits] of [
    ["inviter", [1, 2]],
    ["invitee", [1, 2, 3, 4]],
  ] as const)
    for (const commit of commits)
      it(`pairs both when the ${victim} is killed after its commit ${commit}`, async () => {
        const bootstrap = host.addresses();
        const alice = await User.make("alice", { bootstrap });
        const bob = await User.make("bob", { bootstrap });
        const dying = victim === "inviter" ? alice : bob;
        try {
          const { link } = await alice.messenger.createInvite({
            kind: "once",
            expiresIn: DAY,
            hints: false,
          });
          // Counts from here: the invite was made by commit 1 of the inviter.
          const first = victim === "inviter" ? 1 : 0;
          let killed: Promise<void> | undefined;
          dying.options = {
            bootstrap,
            onCommit: (number) => {
              if (number === first + commit) killed = dying.kill();
            },
          };
          await bob.messenger.add(link).catch(() => undefined);
          const isDead = (): boolean => killed !== undefined;
          await alice.until(`the ${victim} makes its commit ${commit}`, isDead);
          await killed;
          dying.options = { bootstrap };
          await dying.start();
          await alice.until("paired", () => alice.confirmed("bob"));
          await bob.until("paired", () => bob.confirmed("alice"));
          await deliver(alice, bob, "after all");
          await deliver(bob, alice, "indeed");
        } finally {
          await Promise.all([alice.end(), bob.end()]);
        }
      });
});

describe("an invite, over libp2p", function () {
  this.timeout(60_000);

  it("pairs one user, and the second learns that it was used", async () => {
    const host = await hostBootstrap();
    const bootstrap = host.addresses();
    const users = await Promise.all(
      ["alice", "bob", "mallory"].map((name) => User.make(name, { bootstrap })),
    );
    const [alice, bob, mallory] = users as [User, User, User];
    try {
      const { link } = await alice.messenger.createInvite({
        kind: "once",
        expiresIn: DAY,
        hints: true,
      });
      await bob.messenger.add(link);
      await bob.until("paired", () => bob.confirmed("alice"));
      await mallory.messenger.add(link, { as: "alice" });
      await mallory.until("told", () => mallory.messenger.contact("alice").pairing === "used");
      await alice.until("warned", () => alice.events.some(({ type }) => type === "invite.reused"));
      assert.deepEqual(
        alice.messenger.contacts().map(({ name }) => name),
        ["bob"],
      );
    } finally {
      await Promise.all(users.map((user) => user.end()));
      await host.stop();
    }
  });
});
