import assert from "node:assert/strict";
import type { LogFields } from "../../../src/ports/index.ts";
import { once } from "../../scenario/pairing.ts";
import { World } from "../../scenario/world.ts";

interface Traced {
  readonly event: string;
  readonly fields: LogFields;
}

/** Two nodes and what each of them logs. */
async function scene(seed: number) {
  const world = new World(seed);
  const logged = { alice: [] as Traced[], bob: [] as Traced[] };
  const logOf = (name: "alice" | "bob") => ({
    log: (event: string, fields: LogFields = {}) => void logged[name].push({ event, fields }),
  });
  const alice = await world.node("alice", 0, logOf("alice"));
  const bob = await world.node("bob", 0, logOf("bob"));
  const stages = (name: "alice" | "bob"): string[] =>
    logged[name]
      .filter(({ event }) => event === "link-stage")
      .map(({ fields }) => `${fields.side} ${fields.stage}`);
  const clear = (): void => {
    logged.alice.length = 0;
    logged.bob.length = 0;
  };
  return { world, alice, bob, logged, stages, clear };
}

const pairing = [
  "hello",
  "answer",
  "noise-message-1",
  "noise-message-2",
  "noise-message-3",
  "linked",
];
const resuming = ["hello", "answer", "linked"];
const of = (side: string, stages: readonly string[]): string[] =>
  stages.map((stage) => `${side} ${stage}`);

describe("messenger, stages of a link", () => {
  it("are traced on both sides of a pairing and of a reconnect", async () => {
    const { world, alice, bob, stages, clear } = await scene(1);
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    assert.deepEqual(stages("bob"), of("dialer", pairing));
    assert.deepEqual(stages("alice"), of("listener", pairing));

    clear();
    await bob.restart();
    await world.until("they are linked", () => alice.contact("bob").online);
    await world.until("both are", () => bob.contact("alice").online);
    const [dialer, listener] = stages("bob")[0]?.startsWith("dialer")
      ? (["bob", "alice"] as const)
      : (["alice", "bob"] as const);
    assert.deepEqual(stages(dialer), of("dialer", resuming));
    assert.deepEqual(stages(listener), of("listener", resuming));
    await world.stop();
  });

  it("end where an unknown peer's hello is refused, without another stage", async () => {
    const { world, alice, bob, stages, clear } = await scene(2);
    await world.pair(alice, bob);
    await alice.messenger.remove("bob");
    clear();
    await bob.messenger.send("alice", "is not read").catch(() => undefined);
    await world.time.pass(60_000);
    assert.ok(stages("bob").length > 0 && stages("bob").every((stage) => stage === "dialer hello"));
    assert.ok(stages("alice").every((stage) => stage === "listener hello"));
    await world.stop();
  });

  it("contain a stage, a side, a size, a time and a kind of network, and nothing else", async () => {
    const { world, alice, bob, logged } = await scene(3);
    const { link } = await alice.messenger.createInvite({ ...once, hints: true });
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    const lines = [...logged.alice, ...logged.bob].filter(({ event }) => event === "link-stage");
    assert.equal(lines.length, 2 * pairing.length);
    for (const { fields } of lines) {
      const { stage, side, bytes, ms, kind, ...rest } = fields;
      assert.deepEqual(rest, {});
      assert.ok(pairing.includes(String(stage)) && /^(dialer|listener)$/.test(String(side)));
      assert.ok(Number.isSafeInteger(bytes) && Number.isSafeInteger(ms) && Number(ms) >= 0);
      assert.match(String(kind), /^(self|lan|wan)$/);
    }
    const text = JSON.stringify(lines);
    for (const node of [alice, bob]) {
      const { account } = node.messenger.self();
      const { host } = node.host;
      for (const known of [node.name, account, host, ...node.host.addresses(), link])
        assert.ok(!text.includes(known), "a name, an id, an address or a link is in the trace");
    }
    await world.stop();
  });
});
