import assert from "node:assert/strict";
import type { LiveEvent, NodeConnection } from "../../src/api/index.ts";
import { SottoError } from "../../src/base/index.ts";
import { pair, startTestNode, type TestNode } from "../../src/testing/index.ts";

describe("sotto/testing: nodes in memory", function () {
  this.timeout(60_000);
  let alice: TestNode;
  let bob: TestNode;

  before(async () => {
    [alice, bob] = await Promise.all([startTestNode("alice"), startTestNode("bob")]);
    await pair(alice, bob);
  });
  after(() => Promise.all([alice.stop(), bob.stop()]));

  it("are contacts after pairing, and deliver messages", async () => {
    const { contacts } = await alice.node.call("contact.list", {});
    assert.deepEqual(
      contacts.map(({ name, pairing }) => [name, pairing]),
      [["bob", "confirmed"]],
    );
    const sent = await alice.node.call("message.send", {
      who: "bob",
      text: "hi",
      wait: "delivered",
    });
    assert.equal(sent.message.state, "delivered");
  });

  it("are paired wherever in a long list of contacts they are", async () => {
    await using carol = await startTestNode("carol");
    // As of a node with more contacts than one page has, all of them before the new one.
    const call: NodeConnection["call"] = async (method, params) => {
      const result = await alice.node.call(method, params);
      return method === "contact.list"
        ? Object.assign({}, result, { contacts: [], more: true })
        : result;
    };
    await pair({ ...alice, node: { ...alice.node, call } }, carol);
    const { contact } = await alice.node.call("contact.show", { who: "carol" });
    assert.equal(contact.pairing, "confirmed");
  });

  it("give messages and typed events to several loops and listeners at once", async () => {
    const states: string[] = [];
    const off = alice.node.on("message.state", ({ message }) => states.push(message.state));
    const [one, two] = [bob.node.messages(), bob.node.messages({ from: "alice" })];
    const first = [one.next(), two.next()];
    // Both loops have subscribed once this call, made after them, was answered.
    await bob.node.call("node.state", {});
    const { message } = await alice.node.call("message.send", {
      ...{ who: "bob", text: "to both", wait: "delivered" },
    });
    for (const { value } of await Promise.all(first)) assert.equal(value?.text, "to both");
    await Promise.all([one.return(), two.return()]);
    off();
    assert.equal(message.state, "delivered");
    assert.ok(states.includes("delivered"));
  });

  it("refuse a filter that names no contact, and end their loops when they are closed", async () => {
    await assert.rejects(bob.node.messages({ from: "nobody" }).next(), {
      code: "contact-unknown",
    });
    const further = await bob.connect();
    const events: LiveEvent[] = [];
    const reading = (async () => {
      for await (const event of further.events()) events.push(event);
    })();
    await further.call("node.state", {});
    await further.close();
    await reading;
    await assert.rejects(further.call("node.state", {}), { code: "node-not-running" });
  });

  it("enforce tokens on a further connection", async () => {
    const { secret } = await bob.node.call("token.create", {
      ...{ name: "post", scope: "post", for: "socket", peers: ["alice"] },
    });
    await using program = await bob.connect({ token: secret });
    const posted = await program.call("message.post", { who: "alice", text: "by a program" });
    assert.equal(posted.state, "queued");
    await assert.rejects(program.call("contact.list", {}), { code: "scope-missing" });
    await assert.rejects(bob.connect({ token: "wrong" }), { code: "token-refused" });
  });

  it("end the loops of a connection with the reason when they stop", async () => {
    const carol = await startTestNode("carol");
    const reading = (async () => {
      for await (const { type } of carol.node.events())
        assert.ok(
          ["node.state", "net.changed", "presence.snapshot"].includes(type),
          "nothing happens",
        );
    })();
    await carol.node.call("node.state", {});
    const further = await carol.connect();
    await further.call("node.stop", {});
    await assert.rejects(reading, (error) => error instanceof SottoError);
    await carol.stop();
  });
});
