import assert from "node:assert/strict";
import { fromUtf8 } from "../../src/base/index.ts";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, pair, User } from "./user.ts";

const identity = { table: "identity", of: "", at: 0 } as const;

/**
 * Puts another account's identity in place of bob's, who keeps what he knows of alice but for the
 * session.
 */
async function impersonate(bob: User, other: User): Promise<void> {
  const [theirs, rows] = [await other.store.get(identity), await bob.store.all("contact")];
  assert.ok(theirs);
  const [row] = rows;
  const { ref } = JSON.parse(fromUtf8(row ?? new Uint8Array()) ?? "");
  await bob.store.commit([
    { kind: "put", key: identity, value: theirs },
    { kind: "delete", key: { table: "session", of: ref, at: 0 } },
  ]);
  await bob.restart();
}

describe("a contact whose account key changed, over libp2p", function () {
  this.timeout(60_000);
  let host: BootstrapNode;
  let users: User[];

  before(async () => {
    host = await hostBootstrap();
    const options = { bootstrap: host.addresses() };
    users = await Promise.all(["alice", "bob", "mallory"].map((name) => User.make(name, options)));
  });

  after(async () => {
    await Promise.all(users.map((user) => user.end()));
    await host.stop();
  });

  it("is rejected, and nothing is sent until the user decides", async () => {
    const [alice, bob, mallory] = users as [User, User, User];
    await pair(alice, bob);
    await deliver(alice, bob, "to the bob that I know");
    await impersonate(bob, mallory);
    await alice.until("told", () => alice.messenger.contact("bob").keyChanged);
    assert.equal(alice.messenger.contact("bob").online, false);
    await assert.rejects(alice.messenger.send("bob", "secret"), { code: "key-changed" });
    await assert.rejects(alice.messenger.verify("bob"), { code: "key-changed" });
    assert.equal((await alice.messenger.diagnose("bob")).cause, "key-changed");
    assert.deepEqual(await bob.texts("alice"), ["to the bob that I know"]);

    const number = bob.messenger.safetyNumber("alice");
    await alice.messenger.verify("bob", number);
    await deliver(alice, bob, "to the bob that I have compared numbers with");
  });
});
