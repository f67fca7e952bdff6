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

  it("give a removed member that goes on asking nothing but its removal", async () => {
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
    raw.send(group, asking);
    await world.time.pass(10 * SECOND);
    const answers = raw.heard.flatMap(({ message }) =>
      message.kind === "response" ? [message as Extract<GroupMessage, { kind: "response" }>] : [],
    );
    assert.deepEqual(
      answers.map(({ records, reconcile }) => [records.length, reconcile.length]),
      [
        [1, 0],
        [1, 0],
      ],
    );
    assert.deepEqual(raw.take(), ["response"]);
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
});
