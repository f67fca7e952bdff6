import assert from "node:assert/strict";
import { type GroupId, groupId } from "../../../src/group/index.ts";
import type { Link as GroupMessage } from "../../../src/wire/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";
import { RawCarrier } from "./raw-carrier.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Alice, Bob and Carol, each a contact of both others, and a group of the first ones of them. */
async function scene(seed: number, members: readonly string[]) {
  const world = new World(seed);
  const broken: unknown[] = [];
  const log = (event: string, about?: object): void => {
    if (event === "link-broken") broken.push(about);
  };
  const alice = await world.node("alice", 0, { log });
  const bob = await world.node("bob", 0, { log });
  const carol = await world.node("carol");
  await world.pair(alice, bob);
  await world.pair(alice, carol);
  await world.pair(bob, carol);
  const { id } = await alice.messenger.groups.create("Club");
  const group = groupId.parse(id) as GroupId;
  for (const who of members) await alice.messenger.groups.invite("Club", who);
  await world.time.pass(5 * SECOND);
  for (const node of [bob, carol])
    if (members.includes(node.name)) await node.messenger.groups.join("Club");
  await world.time.pass(30 * SECOND);
  return { world, alice, bob, carol, group, broken };
}

const linked = (node: SimNode): number | undefined => node.messenger.groups.list()[0]?.linked;

/** How many messages of the group this node was shown that others wrote. */
const count = (node: SimNode): number =>
  node.shown().filter(({ group }) => group !== undefined).length;

const state: GroupMessage = {
  ...{ kind: "state", digests: new Uint8Array(256), records: new Uint8Array(16) },
  ...{ frontier: [], lamport: 1 },
};
const asking: GroupMessage = {
  ...{ kind: "request", ranges: [], pages: [], keys: [], records: [] },
  reconcile: [{ lower: { depth: 0, id: new Uint8Array(0) }, fingerprint: new Uint8Array(16) }],
};

const nothing: GroupMessage = {
  ...{ kind: "response", messages: [], records: [], reconcile: [], pages: [], keys: [] },
  withheld: [],
};

describe("Group frames on a pair link", () => {
  it("are taken where they arrive together with the settings that state their key", async () => {
    const { world, alice, bob, broken } = await scene(1, ["bob"]);
    const { watch } = world.network;
    for (const sessions of ["kept", "lost"]) {
      if (sessions === "lost") await bob.renameTo("bob");
      else await bob.restart();
      const before = world.frames("ratchet").length;
      // Each frame of the other side comes in one read with those before it.
      let stalled = 0;
      world.network.watch = (passed) => {
        const { from, frame } = passed;
        watch?.(passed);
        if (frame[0] !== 4 || stalled > 3) return;
        stalled++;
        for (const { host } of [alice, bob])
          for (const channel of host.channels()) if (channel.remote === from) channel.stall(300);
      };
      await world.until("they write", () => world.frames("ratchet").length > before);
      await world.time.pass(MINUTE);
      assert.deepEqual([linked(alice), linked(bob)], [1, 1], sessions);
      assert.deepEqual(broken, [], sessions);
    }
    await world.stop();
  });

  it("give a removed member that goes on asking the log up to its removal, and nothing else", async () => {
    const { world, alice, bob, carol, group } = await scene(2, ["bob", "carol"]);
    const raw = new RawCarrier(carol);
    carol.kill();
    await alice.messenger.groups.remove("Club", "carol");
    await world.time.pass(10 * SECOND);
    await carol.start();
    await world.time.pass(MINUTE);
    assert.deepEqual(raw.take(), []);
    assert.equal(raw.send(group, state), 2);
    await world.time.pass(10 * SECOND);
    // It states what it has, and so does not know of it: each member gives it once the operations
    // of the log up to its removal, which it may lack: create, two adds, remove.
    raw.send(group, state);
    await world.time.pass(10 * SECOND);
    const news = raw.heard.flatMap(({ message }) =>
      message.kind === "news"
        ? [(message as Extract<GroupMessage, { kind: "news" }>).records.length]
        : [],
    );
    assert.deepEqual(news, [4, 4]);
    raw.send(group, asking);
    await world.time.pass(10 * SECOND);
    const answers = raw.heard.flatMap(({ message }) =>
      message.kind === "response" ? [message as Extract<GroupMessage, { kind: "response" }>] : [],
    );
    assert.deepEqual(
      answers.map(({ records, reconcile }) => [records.length, reconcile.length]),
      [
        [4, 0],
        [4, 0],
      ],
    );
    assert.deepEqual(raw.take(), ["news", "response"]);
    await bob.messenger.send("group:Club", "without her");
    await alice.messenger.groups.set("Club", "name", "Chess");
    await world.time.pass(10 * MINUTE);
    assert.deepEqual(raw.take(), []);
    await world.stop();
  });

  it("give a contact that is no member one state, ask it for records once, and show it no change", async () => {
    const { world, alice, bob, carol, group } = await scene(3, ["bob"]);
    const raw = new RawCarrier(carol);
    await carol.restart();
    await world.time.pass(MINUTE);
    assert.deepEqual(raw.take(), []);
    raw.send(group, state);
    raw.send(group, asking);
    await world.time.pass(10 * SECOND);
    raw.send(group, nothing);
    await world.time.pass(MINUTE);
    const kinds = raw.heard.map(({ message }) => message.kind).sort();
    const each = ["request", "response", "state"];
    assert.deepEqual(
      kinds,
      each.flatMap((kind) => [kind, kind]),
    );
    const heard = raw.heard.length;
    for (const { message } of raw.heard)
      if (message.kind === "response")
        assert.deepEqual((message as { records?: unknown }).records, []);
    raw.send(group, state);
    await alice.messenger.send("group:Club", "hello");
    await alice.messenger.groups.set("Club", "name", "Chess");
    await world.time.pass(MINUTE);
    await bob.messenger.send("group:Club", "hello");
    await world.time.pass(10 * MINUTE);
    assert.equal(raw.heard.length, heard, raw.take().join());
    await world.stop();
  });

  it("that are garbage, changed, repeated or skipped end the link and leave the session as it is", async () => {
    const { world, alice, bob, broken } = await scene(4, ["bob"]);
    let kept: Uint8Array | undefined;
    const spoilers: readonly ((frame: Uint8Array) => Uint8Array | undefined)[] = [
      () => Uint8Array.of(7, ...new Uint8Array(24)),
      (frame) => frame.with(-1, (frame.at(-1) ?? 0) ^ 1),
      (frame) => frame.with(8, 9),
      (frame) => {
        // The frame before takes the place of the next one.
        const before = kept;
        kept = frame;
        return before;
      },
    ];
    for (const [i, spoil] of spoilers.entries()) {
      await world.until("they are linked", () => linked(alice) === 1 && linked(bob) === 1);
      const handshakes = world.frames("handshake").length;
      let changes = 1;
      world.network.tamper = (from, _, frame) => {
        if (frame[0] !== 7 || from !== bob.host.host || changes === 0) return undefined;
        const other = spoil(frame);
        if (other !== undefined) changes--;
        return other;
      };
      for (let n = 0; n < 2; n++) await bob.messenger.send("group:Club", `${i} ${n}`);
      await world.until("it ended", () => broken.length > 0);
      assert.deepEqual(broken.splice(0), [{ why: "group-frame" }], `${i}`);
      world.network.tamper = undefined;
      await world.until("all is there", () => count(alice) === 2 * (i + 1));
      assert.equal(world.frames("handshake").length, handshakes, `${i}`);
    }
    await world.stop();
  });

  it("end the exchange of their group until the next link where no honest member sends them", async () => {
    const { world, alice, bob, group, broken } = await scene(5, ["bob"]);
    const raw = new RawCarrier(bob);
    await bob.restart();
    await world.time.pass(MINUTE);
    raw.send(group, state);
    await world.time.pass(SECOND);
    assert.equal(linked(alice), 1);
    // An answer to nothing.
    raw.take();
    for (let i = 0; i < 5; i++) raw.send(group, nothing);
    await world.time.pass(SECOND);
    assert.equal(linked(alice), 0);
    raw.take();
    for (let i = 0; i < 100; i++) raw.send(group, state);
    await alice.messenger.send("group:Club", "to nobody");
    await world.time.pass(10 * MINUTE);
    assert.deepEqual([linked(alice), raw.take(), broken], [0, [], []]);
    await world.reaches(alice, await alice.messenger.send("bob", "a pair goes on"), "delivered");
    bob.onLoad = undefined;
    await bob.restart();
    await world.until("they are linked again", () => linked(alice) === 1 && linked(bob) === 1);
    await world.until("the message arrives", () => count(bob) === 1);
    await world.stop();
  });

  it("for a group that is not here change nothing", async () => {
    const { world, alice, bob, broken } = await scene(6, ["bob"]);
    const raw = new RawCarrier(bob);
    await bob.restart();
    await world.time.pass(MINUTE);
    raw.take();
    const other = groupId.from(new Uint8Array(16).fill(5));
    for (const message of [state, asking, nothing]) raw.send(other, message);
    await world.time.pass(MINUTE);
    assert.deepEqual([raw.take(), broken], [[], []]);
    assert.equal(alice.messenger.groups.list().length, 1);
    await world.stop();
  });

  it("go on over another host of a node, and stop where a contact is blocked", async () => {
    const { world, alice, bob } = await scene(7, ["bob"]);
    alice.host.rotate("/ip4/10.9.0.1/tcp/4001");
    await alice.messenger.send("group:Club", "while it moves");
    await world.until("the link has moved", () =>
      [alice, bob].every(({ host }) => host.channels().every(({ draining }) => !draining)),
    );
    await bob.messenger.send("group:Club", "after it moved");
    await world.until("both are there", () => count(alice) === 1 && count(bob) === 1);
    assert.deepEqual([linked(alice), linked(bob)], [1, 1]);
    await alice.messenger.block("bob");
    await world.time.pass(MINUTE);
    await bob.messenger.send("group:Club", "unheard");
    await world.time.pass(MINUTE);
    assert.deepEqual([linked(alice), linked(bob), count(alice)], [0, 0, 1]);
    await world.stop();
  });
});
