import assert from "node:assert/strict";
import {
  accept,
  advance,
  type DeliveryState,
  giveTo,
  isOn,
  isSettled,
  requeue,
  stateAfter,
  stateInOutbox,
  type Transition,
} from "../../../src/messenger/model/delivery-state.ts";
import type { Link, OutboxEntry } from "../../../src/messenger/model/peer.ts";
import { World } from "../../scenario/world.ts";

const link = (): Link => ({}) as Link;
const entry = (): Pick<OutboxEntry, "transit"> => ({ transit: undefined });

describe("the delivery state", () => {
  it("changes by these transitions and no other", () => {
    const states: DeliveryState[] = ["queued", "sent", "delivered", "read", "failed", "cancelled"];
    const results = (transition: Transition) =>
      states.map((state) => stateAfter(state, transition));
    assert.deepEqual(
      {
        accept: results("accept"),
        requeue: results("requeue"),
        acknowledge: results("acknowledge"),
        read: results("read"),
        abandon: results("abandon"),
        cancel: results("cancel"),
      },
      {
        accept: ["sent", "sent", "delivered", "read", "failed", "cancelled"],
        requeue: ["queued", "queued", "delivered", "read", "failed", "cancelled"],
        acknowledge: ["delivered", "delivered", "delivered", "read", "failed", "cancelled"],
        read: ["queued", "sent", "read", "read", "failed", "cancelled"],
        abandon: ["failed", "failed", "delivered", "read", "failed", "cancelled"],
        cancel: ["cancelled", "sent", "delivered", "read", "failed", "cancelled"],
      },
    );
    assert.deepEqual(states.filter(isSettled), ["delivered", "read", "failed", "cancelled"]);
  });

  it("of a stored row changes only by transitions that are proven on the disk", () => {
    const queued = { state: "queued" as const, text: "hi" };
    assert.deepEqual(advance(queued, "acknowledge"), { state: "delivered", text: "hi" });
    assert.equal(advance(queued, "read"), queued);
    const received = { state: "received" as const };
    assert.equal(advance(received, "abandon"), received);
  });

  it("is sent only while the link that accepted the bytes is the peer's", () => {
    const [first, second] = [link(), link()];
    const one = entry();
    assert.equal(accept(one, first), false, "accepted before it was given to a link");
    giveTo(one, first);
    assert.deepEqual([isOn(one, first), isOn(one, second)], [true, false]);
    assert.equal(stateInOutbox(one, first), "queued");
    assert.equal(accept(one, second), false);
    assert.equal(accept(one, first), true);
    assert.equal(accept(one, first), false, "accepted twice");
    assert.equal(stateInOutbox(one, first), "sent");
    assert.equal(stateInOutbox(one, second), "queued");
    assert.equal(stateInOutbox(one, undefined), "queued");
    assert.equal(requeue(one, second), false, "requeued for another link");
    assert.equal(requeue(one, first), true);
    assert.deepEqual(one, entry());
  });

  for (let seed = 1; seed <= 3; seed++)
    it(`is queued again as soon as a link is replaced, until the new one has the bytes (${seed})`, async () => {
      const world = new World(seed);
      const [alice, bob] = [await world.node("alice"), await world.node("bob")];
      await world.pair(alice, bob);
      await world.time.pass(5000);
      const [old] = alice.host.channels();
      assert.ok(old);
      // Only bob knows that the link is gone: alice's bytes lead nowhere until he dials again.
      for (const channel of bob.host.channels()) channel.vanish();
      const message = await alice.messenger.send("bob", "hi");
      await world.time.pass(1);
      assert.deepEqual(await alice.states("bob"), ["sent"]);
      const shown = (): string[] =>
        alice.events.flatMap((event) =>
          event.type === "message.state" && event.message.id === message.id
            ? [event.message.state]
            : [],
        );
      await world.until("the link is replaced", () => {
        // From now on a frame takes a while to leave.
        if (alice.host.channels().length > 1) world.network.bandwidth = 0.2;
        return !alice.host.channels().includes(old);
      });
      assert.ok(alice.contact("bob").online);
      assert.deepEqual(await alice.states("bob"), ["queued"]);
      await world.time.pass(1);
      assert.deepEqual(shown(), ["sent", "queued"]);
      await world.reaches(alice, message, "delivered");
      assert.deepEqual(shown(), ["sent", "queued", "sent", "delivered"]);
      assert.deepEqual(await bob.texts("alice"), ["in: hi"]);
      await world.stop();
    });
});
