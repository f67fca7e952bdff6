import assert from "node:assert/strict";
import { fromUtf8 } from "../../src/base/index.ts";
import type { BootstrapNode } from "../../src/node/index.ts";
import { deliver, hostBootstrap, Person, pair } from "./person.ts";

const identity = { table: "identity", of: "", at: 0 } as const;

/**
 * Puts another account's identity in place of bob's, who keeps what he knows of alice but for the
 * session.
 */
async function impersonate(bob: Person, other: Person): Promise<void> {
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

describe("another account key behind a known contact, over libp2p", function () {
  this.timeout(60_000);
  let host: BootstrapNode;
  let people: Person[];

  before(async () => {
    host = await hostBootstrap();
    const options = { bootstrap: host.addresses() };
    people = await Promise.all(
      ["alice", "bob", "mallory"].map((name) => Person.make(name, options)),
    );
  });

  after(async () => {
    await Promise.all(people.map((person) => person.end()));
    await host.stop();
  });

  it("is refused: nothing is sent until the person decides", async () => {
    const [alice, bob, mallory] = people as [Person, Person, Person];
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
