import assert from "node:assert/strict";
import { World } from "../../scenario/world.ts";

describe("messenger, a link that moves to another host of ours", () => {
  for (let seed = 1; seed <= 2; seed++)
    it(`keeps session, order and presence while both write (${seed})`, async () => {
      const world = new World(seed);
      const alice = await world.node("alice");
      const bob = await world.node("bob");
      await world.pair(alice, bob);
      await world.until("they are linked", () => alice.contact("bob").online);
      const gone = () =>
        [alice, bob].flatMap(({ events }) =>
          events.filter((event) => event.type === "presence" && !event.contact.online),
        ).length;
      const before = { gone: gone(), handshakes: world.frames("handshake").length };
      const sent: { readonly a: string[]; readonly b: string[] } = { a: [], b: [] };
      const say = (left: number): void => {
        const [a, b] = [`a${sent.a.length}`, `b${sent.b.length}`];
        sent.a.push(a);
        sent.b.push(b);
        void alice.messenger.send("bob", a);
        void bob.messenger.send("alice", b);
        if (left > 1) world.time.after(18, () => say(left - 1));
      };
      for (const [i, { host }] of [alice, bob].entries()) {
        // From before the change until after the move: not a moment without something to say.
        say(150);
        await world.time.pass(200);
        host.rotate(`/ip4/10.9.0.${i}/tcp/4001`);
        await world.time.pass(5_000);
      }
      await world.until(
        "all is there",
        () =>
          sent.a.length === 300 &&
          alice.contact("bob").waiting + bob.contact("alice").waiting === 0,
      );
      assert.deepEqual(
        bob.shown().map(({ text }) => text),
        sent.a,
      );
      assert.deepEqual(
        alice.shown().map(({ text }) => text),
        sent.b,
      );
      await world.until("every link has moved", () =>
        [alice, bob].every(({ host }) => host.channels().every(({ draining }) => !draining)),
      );
      // Nobody saw the other go, nor took it for one whose disk is an older copy.
      assert.deepEqual({ gone: gone(), handshakes: world.frames("handshake").length }, before);
      await world.stop();
    });

  it("keeps presence while the listener's disk is slow", async () => {
    const world = new World(1);
    const alice = await world.node("alice");
    const bob = await world.node("bob");
    await world.pair(alice, bob);
    await world.until(
      "they are linked",
      () => alice.contact("bob").online && bob.contact("alice").online,
    );
    const gone = () =>
      [alice, bob].flatMap(({ events }) =>
        events.filter((event) => event.type === "presence" && !event.contact.online),
      ).length;
    const before = gone();
    const hellos = () => world.frames("hello").length;
    const known = hellos();
    alice.host.rotate("/ip4/10.9.0.1/tcp/4001");
    await world.until("alice dials", () => hellos() > known);
    // Holds bob's contact lock between his answer and the end of the link before.
    bob.onCommit = () => {
      bob.onCommit = undefined;
      return new Promise<void>((resolve) => world.time.after(2_000, resolve));
    };
    void bob.messenger.send("alice", "hello");
    await world.until("the link has moved", () =>
      [alice, bob].every(
        ({ host }) => host.open > 0 && host.channels().every(({ draining }) => !draining),
      ),
    );
    await world.until("all is there", () => alice.shown().length === 1);
    assert.equal(gone(), before);
    await world.stop();
  });
});
