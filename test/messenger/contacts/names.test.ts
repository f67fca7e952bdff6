import assert from "node:assert/strict";
import { paired } from "../../scenario/pairing.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const DAY = 86_400_000;
const FAMILY = "👩\u200d👩\u200d👧";

/** The account id of a node, and its contact at another one. */
const idOf = (node: SimNode) => node.messenger.self().account;
const seen = (by: SimNode, whom: SimNode) => by.contact(idOf(whom));

/** A contact of this node that calls itself `name`. */
async function called(world: World, by: SimNode, name: string): Promise<SimNode> {
  const node = await world.node("mallory", 0, {}, name);
  await world.pair(by, node);
  return node;
}

/** A node that calls itself `name` and asks this node to become a contact. */
async function asks(world: World, by: SimNode, name: string): Promise<SimNode> {
  const node = await world.node("mallory", 0, {}, name);
  const options = { kind: "reusable", expiresIn: DAY, hints: false } as const;
  const { link } = await by.messenger.createInvite(options);
  await node.messenger.add(link);
  await world.until("the request is there", () =>
    by.messenger.contacts().some(({ account }) => account === idOf(node)),
  );
  return node;
}

describe("an account id", () => {
  it("means its account, whatever other contacts call themselves", async () => {
    const { world, alice, bob } = await paired(1);
    const mallory = await called(world, alice, idOf(bob));
    assert.equal(seen(alice, mallory).name, idOf(mallory).slice(0, 8));
    for (const id of [idOf(bob), idOf(bob).toUpperCase(), ` ${idOf(bob)} `])
      assert.equal(alice.contact(id).name, "bob");
    const message = await alice.messenger.send(idOf(bob), "for bob");
    await world.reaches(alice, message, "delivered");
    assert.deepEqual(await bob.texts(idOf(alice)), ["in: for bob"]);
    await world.stop();
  });

  it("is completed from 16 characters on, after names", async () => {
    const { world, alice, bob } = await paired(2);
    const start = (length: number) => idOf(bob).slice(0, length);
    const mallory = await called(world, alice, start(15));
    assert.equal(seen(alice, mallory).name, start(15));
    assert.equal(alice.contact(start(15)).account, idOf(mallory));
    assert.equal(alice.contact(start(16)).account, idOf(bob));
    const longer = await called(world, alice, `${start(16)} x`);
    assert.equal(seen(alice, longer).name, `${start(16)} x`);
    assert.equal(alice.contact(start(16)).account, idOf(bob));
    assert.equal(alice.contact(`${start(16)} `).account, idOf(bob));
    for (const node of [mallory, longer]) await alice.messenger.remove(idOf(node));
    assert.throws(() => alice.contact(start(15)), { code: "contact-unknown" });
    await world.stop();
  });
});

describe("a name", () => {
  it("that looks like another contact's becomes an alias with a mark", async () => {
    const { world, alice, bob } = await paired(3);
    const names = ["b\u043eb", "BOB", " bob ", "\uff42ob", "\ud835\udc1bob"];
    for (const [at, name] of names.entries()) {
      const mallory = await called(world, alice, name);
      const view = seen(alice, mallory);
      assert.equal(view.name.toLowerCase(), `bob-${at + 2}`);
      assert.deepEqual(view.looksLike, { account: idOf(bob), name: "bob" });
      assert.ok(!view.named && view.profileName !== undefined);
    }
    assert.equal(alice.contact("Bob").account, idOf(bob));
    assert.equal(seen(alice, bob).looksLike, undefined);
    // The user's choice settles it.
    const [mallory] = alice.messenger.contacts().filter(({ name }) => name === "bob-2");
    const renamed = await alice.messenger.rename("bob-2", "the other one");
    assert.equal(renamed.account, mallory?.account);
    assert.equal(renamed.looksLike, undefined);
    await world.stop();
  });

  it("that imitates an option, a group, an account id or our own messages is replaced", async () => {
    const world = new World(4);
    const alice = await world.node("alice");
    for (const [name, shown] of [
      ["--help", "_-help"],
      ["group:club", "group_club"],
      ["GROUP\uff1ateam", "GROUP_team"],
      ["#chess", "_chess"],
      ["You", "You-2"],
    ] as const)
      assert.equal(seen(alice, await called(world, alice, name)).name, shown);
    for (const name of ["abcdefghijklmnop", "ABCDEFGHIJKLMNO7"]) {
      const mallory = await called(world, alice, name);
      assert.equal(seen(alice, mallory).name, idOf(mallory).slice(0, 8));
      assert.equal(seen(alice, mallory).profileName, name);
    }
    const plain = await called(world, alice, "abcdefghijklmnop q");
    assert.equal(seen(alice, plain).name, "abcdefghijklmnop q");
    await world.stop();
  });

  it("that looks like two others is marked with the one that a limited client may see", async () => {
    const { world, alice, bob } = await paired(7);
    const [carol, dave] = [await world.node("carol"), await world.node("dave")];
    for (const node of [carol, dave]) await world.pair(alice, node);
    await alice.messenger.rename("carol", "b0b");
    await alice.messenger.rename("dave", "b\u043eb");
    assert.equal(seen(alice, bob).looksLike?.account, idOf(carol));
    for (const other of [carol, dave]) {
      const limited = alice.messenger.limitedTo(new Set([idOf(bob), idOf(other)]));
      assert.equal(limited.contact("bob").looksLike?.account, idOf(other));
    }
    const alone = alice.messenger.limitedTo(new Set([idOf(bob)]));
    assert.equal(alone.contact("bob").looksLike, undefined);
    await world.stop();
  });

  it("is never cut inside a character", async () => {
    const { world, alice } = await paired(5);
    const long = `a${FAMILY.repeat(12)}`;
    const first = await called(world, alice, long);
    const second = await called(world, alice, long);
    assert.equal(seen(alice, first).name, long);
    assert.equal(seen(alice, second).name, `a${FAMILY.repeat(11)}-2`);
    await world.stop();
  });

  it("is pinned at pairing, and a rename is an event that keeps name and mark", async () => {
    const { world, alice, bob } = await paired(6);
    const carol = await world.node("carol");
    await world.pair(alice, carol);
    await alice.messenger.verify("bob");
    await alice.messenger.follow("bot", { types: ["contact.renamed"] });
    await bob.renameTo("c\u0430rol");
    await world.until("alice is told", () =>
      alice.events.some(({ type }) => type === "contact.renamed"),
    );
    const view = seen(alice, bob);
    assert.equal(view.name, "bob");
    assert.ok(view.verified);
    assert.equal(view.profileName, "c\u0430rol");
    assert.deepEqual(view.looksLike, { account: idOf(carol), name: "carol" });
    assert.equal(alice.contact("carol").account, idOf(carol));
    const { events } = await alice.messenger.readEvents("bot", { limit: 9 });
    assert.deepEqual(
      events.map((event) => "contact" in event && event.contact.account),
      [idOf(bob)],
    );
    await alice.restart();
    assert.equal(seen(alice, bob).name, "bob");
    assert.equal(seen(alice, bob).profileName, "c\u0430rol");
    await world.stop();
  });

  it("of a contact without a valid one stays when the contact chooses one", async () => {
    const world = new World(7);
    const alice = await world.node("alice");
    const mallory = await called(world, alice, "a\u202eb");
    const { name, profileName } = seen(alice, mallory);
    assert.equal(name, idOf(mallory).slice(0, 8));
    assert.equal(profileName, undefined);
    await mallory.renameTo("Mother");
    await world.until("alice is told", () =>
      alice.events.some(({ type }) => type === "contact.renamed"),
    );
    assert.equal(seen(alice, mallory).name, name);
    await world.stop();
  });

  it("is read as a stored one: composed, folded, with single spaces", async () => {
    const { world, alice, bob } = await paired(8);
    await alice.messenger.rename("bob", "Zo\u00eb  Stra\u00dfer");
    assert.equal(seen(alice, bob).name, "Zo\u00eb Stra\u00dfer");
    for (const who of ["ZOE\u0308 STRASSER", " zoe\u0308\u00a0 strasser", "Zo\u00cb", "zo\u00eb s"])
      assert.equal(alice.contact(who).account, idOf(bob), who);
    await alice.messenger.follow(" my  bot", {});
    assert.deepEqual(
      alice.messenger.followers().map(({ name }) => name),
      ["my bot"],
    );
    await alice.messenger.unfollow("my bot ");
    await world.stop();
  });

  it("that the user chooses may look like another one, but not like none", async () => {
    const { world, alice, bob } = await paired(9);
    const carol = await called(world, alice, "carol");
    await assert.rejects(alice.messenger.rename("carol", "BOB "), { code: "name-taken" });
    const ours = ["you", "YOU", "y\u043eu"];
    for (const name of ["-x", "#x", "Group:x", "abcdefghijklmnop", "", "a\u200bb", ...ours])
      await assert.rejects(alice.messenger.rename("carol", name), { code: "name-invalid" });
    // What the remedy of name-taken says: the other contact gets another name.
    await alice.messenger.rename("bob", "robert");
    assert.equal((await alice.messenger.rename("carol", "Bob")).name, "Bob");
    await alice.messenger.rename(idOf(carol), "carol");
    await alice.messenger.rename(idOf(bob), "bob");
    const view = await alice.messenger.rename("carol", "b\u043eb");
    assert.deepEqual(view.looksLike, { account: idOf(bob), name: "bob" });
    assert.equal(alice.contact("bob").account, idOf(bob));
    assert.equal(alice.contact("b\u043eb").account, idOf(carol));
    for (const name of ["-x", "You"])
      await assert.rejects(world.node(name), { code: "name-invalid" });
    await world.stop();
  });

  it("does not mean one that looks the same, whose account the error names", async () => {
    const { world, alice, bob } = await paired(9);
    await alice.messenger.rename("bob", "b\u043eb");
    // Its handle is no other one's.
    assert.equal(alice.contact("bob").account, idOf(bob));
    assert.throws(() => alice.contact("b\u03bfb"), {
      code: "contact-look-alike",
      message: new RegExp(`account ${idOf(bob)}`),
    });
    assert.throws(() => alice.contact("bib"), { code: "contact-unknown" });
    await world.stop();
  });

  it("is given to one contact only, when two get it at the same time", async () => {
    const { world, alice, bob } = await paired(10);
    const carol = await called(world, alice, "carol");
    const results = await Promise.allSettled(
      [bob, carol].map((node) => alice.messenger.rename(idOf(node), "dave")),
    );
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const invites = await Promise.all(
      [1, 2].map(() =>
        alice.messenger.createInvite({ kind: "once", expiresIn: DAY, hints: false }),
      ),
    );
    const twins = [await world.node("erin"), await world.node("erin")] as const;
    await Promise.all(invites.map(({ link }, at) => twins[at]?.messenger.add(link)));
    for (const twin of twins) await world.paired(alice, twin);
    const names = twins.map((twin) => seen(alice, twin).name);
    assert.deepEqual(names.sort(), ["erin", "erin-2"]);
    await world.stop();
  });
});

describe("a request without an answer", () => {
  it("is found by its name among requests only", async () => {
    const { world, alice } = await paired(11);
    const dave = await asks(world, alice, "dave");
    await assert.rejects(alice.messenger.send("dave", "hi"), { code: "contact-unknown" });
    assert.throws(() => alice.contact(idOf(dave).slice(0, 20)), { code: "contact-unknown" });
    await assert.rejects(alice.messenger.accept("bob"), { code: "request-unknown" });
    assert.equal(seen(alice, dave).pairing, "requested");
    assert.equal((await alice.messenger.accept("DAVE")).account, idOf(dave));
    await world.paired(alice, dave);
    assert.equal(alice.contact("dave").account, idOf(dave));
    await world.stop();
  });

  it("neither takes a name from a contact nor hides one", async () => {
    const { world, alice, bob } = await paired(12);
    const imitator = await asks(world, alice, "b\u043eb");
    assert.deepEqual(seen(alice, imitator).looksLike, { account: idOf(bob), name: "bob" });
    assert.equal(alice.contact("bob").account, idOf(bob));
    const squatter = await asks(world, alice, "anna");
    const anna = await called(world, alice, "anna");
    assert.equal(seen(alice, anna).name, "anna");
    assert.equal(seen(alice, anna).looksLike, undefined);
    assert.deepEqual(seen(alice, squatter).looksLike, { account: idOf(anna), name: "anna" });
    assert.equal((await alice.messenger.accept("anna")).name, "anna-2");
    await world.paired(alice, squatter);
    assert.equal(alice.contact("anna").account, idOf(anna));
    await world.stop();
  });
});
