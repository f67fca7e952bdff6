import assert from "node:assert/strict";
import { limits } from "../../src/base/index.ts";
import type { Contact } from "../../src/messenger/model/contact.ts";
import { decodeRow } from "../../src/messenger/model/rows.ts";
import { putContact } from "../../src/messenger/state/contact-store.ts";
import { deliver, hostBootstrap, pair, User } from "../e2e/user.ts";

const HOUR = 3_600_000;

/** Changes what a user's program takes for the order of its conversation, between two starts. */
async function claim(user: User, lamport: number): Promise<void> {
  await user.stop();
  const store = await user.openStore();
  const [row] = await store.all("contact");
  assert.ok(row);
  const contact = decodeRow<Contact>(row);
  const conversation = { ...contact.conversation, lamport };
  await store.commit([putContact({ ...contact, conversation })]);
  await store.close();
  await user.start();
}

describe("a contact whose program claims the end of the order, over libp2p", function () {
  this.timeout(120_000);

  it("cannot pin a timer, end the link or keep the user from setting one", async () => {
    const host = await hostBootstrap();
    const alice = await User.make("alice", { bootstrap: host.addresses() });
    const mallory = await User.make("mallory", { bootstrap: host.addresses() });
    try {
      await pair(alice, mallory);
      await deliver(alice, mallory, "hello");
      await deliver(mallory, alice, "hello");
      await claim(mallory, limits.lamport - 2);
      await mallory.messenger.setTimer("alice", limits.timerMin);
      const last = await mallory.messenger.send("alice", "at the end");
      await mallory.reaches(last, "delivered");
      assert.equal(alice.messenger.contact("mallory").timer, 0);
      assert.deepEqual(await alice.texts("mallory"), ["hello"]);
      const { refused } = await alice.messenger.diagnose("mallory");
      assert.deepEqual(refused, { held: 2, dropped: 0 });
      // The link that carried it carries on, and Alice's timer holds.
      assert.equal(alice.messenger.contact("mallory").online, true);
      await alice.messenger.setTimer("mallory", HOUR);
      await deliver(alice, mallory, "still here");
      assert.equal(alice.messenger.contact("mallory").timer, HOUR);
    } finally {
      await alice.end();
      await mallory.end();
      await host.stop();
    }
  });
});
