import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { tell } from "../../chaos/account.ts";
import { everybody } from "../../chaos/killing.ts";
import { sizes } from "../../chaos/sizes.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { pair, type User } from "../../chaos/user.ts";

describe("a daemon on a machine that does as it likes", () => {
  let testbed: Testbed;
  let alice: User;
  let bob: User;
  before(async () => {
    testbed = await Testbed.open();
    alice = testbed.user("alice");
    bob = testbed.user("bob");
    await Promise.all([alice.start(), bob.start()]);
    await pair(alice, bob);
  });
  after(() => testbed.close());

  /** The code of the error with which a start ended. */
  const code = (err: string) => JSON.parse(err.slice(err.lastIndexOf('{"error"'))).error.code;

  it("is one at a time in a home, however many start at once, also after a kill", async () => {
    for (let round = 0; round < 4; round++) {
      await alice.kill();
      const daemons = Array.from({ length: 4 }, () => alice.launch());
      const ready = await Promise.all(daemons.map((daemon) => daemon.ready));
      const winners = daemons.filter((_, i) => ready[i] !== undefined);
      assert.equal(winners.length, 1);
      for (const daemon of daemons) {
        if (daemon === winners[0]) continue;
        const ending = await daemon.ended;
        assert.equal(ending.code, 7);
        assert.match(code(ending.err), /^(?:node-already-running|store-in-use)$/);
      }
      alice.daemon = winners[0];
      await alice.connect();
    }
  });

  it("says that its port is in use, holds nothing, and starts on another", async () => {
    const [address = ""] = (await bob.node.call("node.status", {})).addresses;
    const { place } = alice;
    await alice.stop();
    alice.place = { ...place, listen: address };
    const ending = await alice.launch().ended;
    assert.equal(ending.code, 1);
    assert.equal(code(ending.err), "port-in-use");
    await alice.start(place);
    await alice.until("they are linked again", async () => (await alice.contact("bob")).online);
  });

  it("keeps what was answered of a large batch, and makes none of it twice, when it is killed in the middle", async () => {
    let answered = 0;
    let kept = 0;
    for (let round = 0; round < sizes.batches; round++) {
      const before = (await alice.history("bob")).length;
      const texts = Array.from({ length: 48 }, (_, i) => `${round}.${i} ${"y".repeat(30_000)}`);
      const ids = new Map<string, string>();
      const send = async (text: string) => {
        const params = { who: "bob", text, key: text.slice(0, 8) };
        const { message } = await alice.node.call("message.send", params);
        assert.equal(ids.get(text) ?? message.id, message.id, "one key, one message");
        ids.set(text, message.id);
      };
      const client = alice.node;
      const sends = texts.map((text) => send(text).catch(() => undefined));
      await sleep(120 * Math.random());
      await alice.kill();
      await Promise.all(sends);
      assert.notEqual(client, alice.client);
      answered += ids.size;
      await alice.start();
      const there = (await alice.history("bob")).slice(before);
      kept += there.length;
      for (const id of ids.values()) assert.ok(there.some((message) => message.id === id));
      await Promise.all(texts.map(send));
      assert.equal((await alice.history("bob")).length, before + texts.length);
    }
    await alice.until("all is delivered", async () => (await alice.contact("bob")).waiting === 0);
    const out = (await alice.history("bob")).map(({ id }) => id);
    assert.deepEqual(
      (await bob.history("alice")).map(({ id }) => id),
      out,
    );
    tell(
      `${sizes.batches} batches of 48 messages of 30 kB: ${answered} answered, ${kept} found before they were asked for again, ${out.length} delivered once`,
    );
  });

  it(`that is stopped for ${sizes.stopped} s is shown as offline, and has everything soon after it continues`, async () => {
    bob.daemon?.signal("SIGSTOP");
    try {
      const began = Date.now();
      const { message } = await alice.node.call("message.send", { who: "bob", text: "there?" });
      assert.notEqual(message.state, "delivered");
      const gone = async () => !(await alice.contact("bob")).online;
      if (sizes.stopped > 90) {
        await alice.until("bob is seen to be gone", gone, sizes.stopped * 1000);
        tell(`seen to be gone after ${Math.round((Date.now() - began) / 1000)} s`);
        const shown = (await alice.history("bob")).find(({ id }) => id === message.id);
        assert.equal(shown?.state, "queued");
      }
      const loads = everybody([alice, bob]).filter(({ from }) => from === alice);
      for (const load of loads) load.start();
      await sleep(500);
      await Promise.all(loads.map((load) => load.finish()));
      await sleep(Math.max(0, sizes.stopped * 1000 - (Date.now() - began)));
    } finally {
      bob.daemon?.signal("SIGCONT");
    }
    const resumed = Date.now();
    await alice.until("all is delivered", async () => (await alice.contact("bob")).waiting === 0);
    tell(`all delivered ${((Date.now() - resumed) / 1000).toFixed(1)} s after it went on`);
    const out = (await alice.history("bob")).map(({ id }) => id);
    assert.deepEqual(
      (await bob.history("alice")).map(({ id }) => id),
      out,
    );
  });
});
