import assert from "node:assert/strict";
import fc from "fast-check";
import { limits, messageId } from "../../../src/base/index.ts";
import { type Contact, newContact } from "../../../src/messenger/model/contact.ts";
import { type OutboxEntry, pendingCount } from "../../../src/messenger/model/peer.ts";
import type { BootstrapPort } from "../../../src/messenger/model/ports.ts";
import { noted, withHosts } from "../../../src/messenger/outbox/share-bootstraps.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A list that the test changes; of others' hosts it refuses what begins with /bad. */
function list(...own: string[]) {
  const port = { own: () => own, mayAsk: (address: string) => !address.startsWith("/bad") };
  return { port, set: (...next: string[]) => own.splice(0, own.length, ...next) };
}

const receivedBootstraps = (node: SimNode) =>
  node.messenger.learnedHosts().map(({ name, address }) => `${name} ${address}`);

/** Alice with a list of hosts, linked with bob. */
async function scene(seed: number, ...hosts: string[]) {
  const world = new World(seed);
  const ours = list(...hosts);
  const alice = await world.node("alice", 0, { hosts: ours.port });
  const bob = await world.node("bob", 0, { hosts: list().port });
  await world.pair(alice, bob);
  await world.time.pass(10_000);
  return { world, alice, bob, ours };
}

describe("messenger, bootstrap hosts of contacts", () => {
  it("are shared once linked, and neither shown, counted nor forwarded", async () => {
    const { world, alice, bob } = await scene(1, "/a", "/b", "/c");
    assert.deepEqual(receivedBootstraps(bob), ["alice /a", "alice /b"]);
    assert.deepEqual([await bob.texts("alice"), await alice.texts("bob")], [[], []]);
    assert.deepEqual([bob.messenger.unread("alice"), alice.contact("bob").waiting], [0, 0]);
    assert.equal(bob.events.filter(({ type }) => type.startsWith("message")).length, 0);
    const carol = await world.node("carol", 0, { hosts: list().port });
    await world.pair(bob, carol);
    await world.time.pass(10_000);
    assert.deepEqual(receivedBootstraps(carol), [], "what bob received is forwarded to nobody");
    await bob.restart();
    assert.deepEqual(receivedBootstraps(bob), ["alice /a", "alice /b"]);
    await world.stop();
  });

  it("are shared again when they change, a day after the time before", async () => {
    const { world, bob, ours } = await scene(2, "/a");
    const frames = () => world.frames("ratchet").length;
    ours.set("/b");
    await world.time.pass(22 * HOUR);
    assert.deepEqual(receivedBootstraps(bob), ["alice /a"]);
    await world.time.pass(4 * HOUR);
    assert.deepEqual(receivedBootstraps(bob), ["alice /b"]);
    const before = frames();
    await world.time.pass(2 * DAY);
    assert.ok(frames() - before < 4, "what did not change is not told again");
    ours.set();
    await world.time.pass(2 * HOUR);
    assert.deepEqual(receivedBootstraps(bob), []);
    await world.stop();
  });

  it("are not shared with a contact that may not see our address, nor while we are invisible, nor accepted from one", async () => {
    const { world, alice, bob, ours } = await scene(3, "/a");
    for (const policy of ["lan", "hidden"] as const) {
      await bob.messenger.setPolicy("alice", policy);
      assert.deepEqual(receivedBootstraps(bob), [], `nothing of hers is asked under ${policy}`);
      await bob.messenger.setPolicy("alice", "any");
    }
    await alice.messenger.setPolicy("bob", "lan");
    for (const node of [alice, bob]) {
      node.lan = 1;
      node.host.lan = 1;
    }
    await world.until("linked on the LAN", () => alice.contact("bob").online, DAY);
    ours.set("/b");
    await world.time.pass(2 * DAY);
    assert.deepEqual(receivedBootstraps(bob), ["alice /a"]);
    await alice.messenger.setPolicy("bob", "any");
    alice.messenger.setInvisible(true);
    await world.time.pass(2 * HOUR);
    await alice.messenger.send("bob", "hi");
    await world.time.pass(2 * HOUR);
    assert.deepEqual(await bob.texts("alice"), ["in: hi"]);
    assert.deepEqual(receivedBootstraps(bob), ["alice /a"]);
    await world.stop();
  });

  it("are neither shared nor accepted where the settings say no", async () => {
    const world = new World(4);
    const alice = await world.node("alice", 0, { hosts: list("/a").port });
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    await world.time.pass(10_000);
    assert.deepEqual([receivedBootstraps(alice), receivedBootstraps(bob)], [[], []]);
    assert.equal(alice.contact("bob").waiting, 0, "bob has acknowledged all the same");
    await world.stop();
  });

  it("go when their contact is blocked or removed, and by the person's word until others are named", async () => {
    const { world, alice, bob, ours } = await scene(5, "/a", "/b");
    assert.equal(await bob.messenger.forgetHost("/none"), false);
    assert.equal(await bob.messenger.forgetHost("/a"), true);
    assert.deepEqual(receivedBootstraps(bob), ["alice /b"]);
    ours.set("/c", "/a");
    await world.time.pass(26 * HOUR);
    assert.deepEqual(receivedBootstraps(bob), ["alice /c"], "/a is still refused from her");
    ours.set("/c");
    await world.time.pass(26 * HOUR);
    ours.set("/a");
    await world.time.pass(26 * HOUR);
    assert.deepEqual(receivedBootstraps(bob), ["alice /a"]);
    await bob.messenger.block("alice");
    await bob.messenger.unblock("alice");
    assert.deepEqual(receivedBootstraps(bob), []);
    ours.set("/d");
    await world.until("received again", () => receivedBootstraps(bob).length > 0, 3 * DAY);
    await bob.messenger.remove("alice");
    assert.deepEqual(receivedBootstraps(bob), []);
    assert.equal(alice.alive, true);
    await world.stop();
  });

  it("are eight at most, one of each contact before a second one of any", async () => {
    const world = new World(7);
    const bob = await world.node("bob", 0, { hosts: list().port });
    for (let n = 1; n <= 6; n++) {
      const friend = await world.node(`n${n}`, 0, { hosts: list(`/${n}a`, `/${n}b`).port });
      await world.pair(bob, friend);
      await world.time.pass(10_000);
    }
    const names = bob.messenger.learnedHosts().map(({ address }) => address);
    assert.deepEqual(names, ["/1a", "/2a", "/3a", "/4a", "/5a", "/6a", "/1b", "/2b"]);
    await world.stop();
  });
});

describe("messenger, an act about hosts that waits", () => {
  it("counts as nothing that the person sent", () => {
    const outbox = new Map([3, 4].map((at) => [at, {} as OutboxEntry]));
    const sent: Partial<Contact> = { sentBootstraps: { at: 0, hosts: [], place: 3 } };
    const contact = sent as Contact;
    assert.equal(pendingCount({ contact, outbox }), 1);
    outbox.delete(3);
    assert.equal(pendingCount({ contact, outbox }), 1);
  });
});

describe("messenger, what a contact says of its hosts", () => {
  const { crypto } = new World(8);
  const fresh = newContact(crypto, 0, {
    account: "a" as Contact["account"],
    name: "mallory",
    named: true,
    role: "a",
  });
  const idOf = (n: number) => messageId.from(Uint8Array.from({ length: 16 }, () => n % 256));
  const { port } = list();
  const tell = (contact: Contact, lamport: number, hosts: readonly string[], to?: BootstrapPort) =>
    withHosts(contact, { lamport, id: idOf(lamport) }, hosts, lamport, to ?? port);
  const kept = ({ receivedBootstraps: found }: Contact) =>
    found?.hosts.map(({ address }) => address) ?? [];

  it("leaves two after a thousand", () => {
    let contact = fresh;
    for (let n = 1; n <= 1_000; n++) contact = tell(contact, n, [`/${n}`, `/x${n}`]);
    assert.deepEqual(kept(contact), ["/1000", "/x1000"]);
    const many = Array.from({ length: 1_000 }, (_, n) => `/${n}`);
    assert.equal(kept(tell(fresh, 1, many)).length, limits.toldHosts);
    assert.ok(JSON.stringify(contact.receivedBootstraps).length < 1_000);
  });

  it("leaves nothing that may not be asked, and one of two that are the same", () => {
    assert.deepEqual(kept(tell(fresh, 1, ["/bad", "/ok"])), ["/ok"]);
    assert.deepEqual(kept(tell(fresh, 1, ["/ok", "/ok"])), ["/ok"]);
    assert.equal(tell({ ...fresh, policy: "hidden" }, 1, ["/ok"]).receivedBootstraps, undefined);
  });

  it("is forgotten after 30 days of silence, and not while it answers or is not asked", () => {
    const told = tell(fresh, 1, ["/a", "/b"]);
    const step = (contact: Contact, day: number, answers: boolean) =>
      noted(contact, "/a", answers, day * DAY);
    const silent = step(step(told, 100, false), 129, false);
    assert.deepEqual(kept(silent), ["/a", "/b"]);
    assert.deepEqual(kept(step(silent, 130, false)), ["/b"]);
    const spoken = step(silent, 129, true);
    assert.deepEqual(kept(step(step(spoken, 131, false), 160, false)), ["/a", "/b"]);
    assert.equal(step(spoken, 131, true), spoken, "and nothing is written while nothing changes");
    assert.deepEqual(kept(tell(step(silent, 130, false), 2, ["/a"])), ["/a"], "until told again");
  });

  it("comes to the same in whatever order it arrives", () => {
    const word = fc.array(fc.constantFrom("/a", "/b", "/bad"), { maxLength: 2 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.nat(), (words, turn) => {
        const acts = words.map((hosts, n) => ({ hosts, lamport: n + 1 }));
        const told = (order: typeof acts) =>
          kept(order.reduce((contact, { lamport, hosts }) => tell(contact, lamport, hosts), fresh));
        const by = turn % acts.length;
        assert.deepEqual(told([...acts.slice(by), ...acts.slice(0, by)]), told(acts));
      }),
    );
  });
});
