import assert from "node:assert/strict";
import { allows, methods } from "../../../src/api/contract.ts";
import {
  type Client,
  createClient,
  type MethodName,
  type NodeEvent,
} from "../../../src/api/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { loadTokens } from "../../../src/daemon/home/tokens.ts";
import { type RpcSession, serve } from "../../../src/daemon/rpc/connection.ts";
import { createDispatch, type Dispatch } from "../../../src/daemon/rpc/dispatch.ts";
import { createEventRing } from "../../../src/daemon/rpc/event-ring.ts";
import type { DispatchParts, Network } from "../../../src/daemon/rpc/methods/method-types.ts";
import type { Messenger } from "../../../src/messenger/index.ts";
import { memoryStore } from "../../../src/store/memory-store.ts";
import { type SimNode, World } from "../../scenario/world.ts";
import { fakeControls, netState, status } from "../controls.ts";
import { fakeMessenger } from "../fake.ts";
import { handClock } from "../hand-clock.ts";
import { memoryConnection } from "./memory-connection.ts";

const scopes = ["post", "read", "send", "manage"] as const;

/** A dispatch with real tokens over a messenger, and clients that restrict themselves. */
async function setUp(messenger: Messenger = fakeMessenger()) {
  const sessions = new Set<RpcSession>();
  const ring = createEventRing(nodeCrypto());
  const clock = handClock();
  const parts: Partial<DispatchParts> = {
    messenger,
    clock,
    tokens: await loadTokens({
      store: memoryStore(),
      crypto: nodeCrypto(),
      clock,
      closed: (name) => {
        for (const session of sessions) session.revoke(name);
      },
    }),
    controls: fakeControls(),
    ring,
    status: () => status,
    network: { state: () => netState } as Partial<Network> as Network,
    audit: async () => assert.fail("nothing is audited here"),
    check: async () => assert.fail("nothing is checked here"),
    doctor: {
      node: async () => assert.fail("no node is diagnosed here"),
      contact: async () => assert.fail("no contact is diagnosed here"),
    },
  };
  const dispatch: Dispatch = createDispatch(parts as DispatchParts);
  const connect = () => {
    const connection = memoryConnection();
    const session = serve(connection.server, dispatch, () => sessions.delete(session));
    sessions.add(session);
    return { client: createClient(connection.client), connection, session };
  };
  const user = connect().client;
  const restricted = async (
    scope: (typeof scopes)[number],
    peers?: readonly string[],
  ): Promise<ReturnType<typeof connect>> => {
    const name = `${scope}-${(await user.call("token.list", {})).tokens.length}`;
    const created = await user.call("token.create", {
      name,
      scope,
      for: "socket",
      ...(peers && { peers }),
    });
    const made = connect();
    await made.client.call("connection.restrict", { token: created.secret, for: "socket" });
    return made;
  };
  return { user, connect, restricted, ring };
}

/** The code of the error of a call, whatever its parameters are. */
const codeOf = (client: Client, method: MethodName, params: object = {}): Promise<string> =>
  client.call(method, params as never).then(
    () => "none",
    (error: { code: string }) => error.code,
  );

describe("daemon/access", () => {
  for (const scope of scopes)
    it(`calls in the scope ${scope} what it allows, and is refused the rest`, async () => {
      const { restricted } = await setUp();
      const { client } = await restricted(scope);
      for (const method of Object.keys(methods) as MethodName[]) {
        const code = await codeOf(client, method, { "not a field": 1 });
        assert.equal(code, allows(scope, method) ? "params-invalid" : "scope-missing", method);
      }
      assert.equal(await codeOf(client, "token.list"), "scope-missing");
    });

  it("refuses before it looks at the parameters, and an unknown method as such", async () => {
    const { restricted } = await setUp();
    const { client } = await restricted("post");
    assert.equal(await codeOf(client, "message.list", { who: 7 }), "scope-missing");
    assert.equal(await codeOf(client, "x.y" as never), "method-unknown");
  });

  it("narrows a connection further, and never widens it", async () => {
    const { user, restricted } = await setUp();
    const { client } = await restricted("read");
    const { secret } = await user.call("token.create", {
      ...{ name: "all", scope: "manage", for: "socket" },
    });
    await client.call("connection.restrict", { token: secret, for: "socket" });
    assert.equal(await codeOf(client, "message.send", { who: "bob", text: "x" }), "scope-missing");
    assert.equal(await codeOf(client, "contact.list"), "none");
    const post = await user.call("token.create", {
      ...{ name: "post", scope: "post", for: "socket" },
    });
    await client.call("connection.restrict", { token: post.secret, for: "socket" });
    assert.equal(await codeOf(client, "contact.list"), "scope-missing");
    assert.equal(await codeOf(client, "message.post", { who: "bob", text: "x" }), "scope-missing");
    assert.equal(await codeOf(client, "node.state"), "none");
  });

  it("accepts a token by its name from the user alone, and of its own kind", async () => {
    const { user, connect, restricted } = await setUp();
    await user.call("token.create", { name: "web", scope: "read", for: "http" });
    const { client } = connect();
    const restrict = (params: object) => codeOf(client, "connection.restrict", params);
    assert.equal(await restrict({ name: "web", for: "socket" }), "token-refused");
    assert.equal(await restrict({ for: "http" }), "token-invalid");
    assert.equal(await restrict({ name: "web", token: "x", for: "http" }), "token-invalid");
    assert.equal(await restrict({ name: "web", for: "http" }), "none");
    const other = await restricted("manage");
    const again = await codeOf(other.client, "connection.restrict", { name: "web", for: "http" });
    assert.equal(again, "scope-missing");
  });

  it("shows a program that may only post nothing of the contact", async () => {
    const { restricted } = await setUp();
    const { client } = await restricted("post");
    const answer = await client.call("message.post", { who: "bob", text: "done" });
    assert.deepEqual(Object.keys(answer).sort(), ["elapsed", "id", "state", "timedOut"]);
  });

  it("refuses a token with contacts in the scope manage, without any or with too many", async () => {
    const { user } = await setUp();
    const create = (fields: object) =>
      codeOf(user, "token.create", { name: "a", for: "socket", scope: "read", ...fields });
    assert.equal(await create({ scope: "manage", peers: ["bob"] }), "token-invalid");
    assert.equal(await create({ peers: [] }), "token-invalid");
    assert.equal(await create({ peers: new Array(65).fill("bob") }), "token-invalid");
  });

  it("ends calls, events and the connection of a token that is revoked, and no others", async () => {
    const { user, restricted, connect } = await setUp();
    const { client, connection, session } = await restricted("read");
    const free = connect();
    const events: NodeEvent[] = [];
    const reading = (async () => {
      for await (const event of client.events()) events.push(event);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    session.offer({ type: "contact.removed", account: "a".repeat(52) });
    await user.call("token.revoke", { name: "read-0" });
    await reading;
    assert.deepEqual(
      events.map((event) => (event.type === "stream.ended" ? event.why : event.type)),
      ["node.state", "net.changed", "presence.snapshot", "contact.removed", "revoked"],
    );
    assert.ok(connection.isClosed);
    assert.ok(!free.connection.isClosed);
    assert.equal(await codeOf(client, "contact.list"), "node-not-running");
  });

  it("forgets what was subscribed to before it was restricted", async () => {
    const { user, connect } = await setUp();
    const { secret } = await user.call("token.create", {
      ...{ name: "a", scope: "post", for: "socket" },
    });
    const { connection, session, client } = connect();
    const lines: string[] = [];
    await client.call("event.subscribe", {});
    await client.call("connection.restrict", { token: secret, for: "socket" });
    connection.client.onLine((line) => lines.push(line));
    session.offer({ type: "contact.removed", account: "a".repeat(52) });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(lines, []);
  });
});

describe("daemon/access, limited to some contacts", () => {
  let world: World;
  let alice: SimNode;
  let bob: SimNode;
  let carol: SimNode;
  let foreignId: string;

  before(async () => {
    world = new World(77);
    alice = await world.node("alice");
    bob = await world.node("bob");
    carol = await world.node("carol");
    await world.pair(alice, bob);
    await world.pair(alice, carol);
    await alice.messenger.send("bob", "a word to bob");
    foreignId = (await alice.messenger.send("carol", "a word to carol")).id;
  });
  after(() => world.stop());

  it("answers for other contacts and their messages exactly as for unknown ones", async () => {
    const { restricted } = await setUp(alice.messenger);
    const { client } = await restricted("send", ["bob"]);
    const carolId = carol.messenger.self().account;
    const unknownId = "z".repeat(51).replace(/z$/, "za");
    const failure = (method: MethodName, params: object) =>
      client.call(method, params as never).then(
        () => assert.fail(`${method} was answered`),
        ({ code, message }: { code: string; message: string }) => [code, message],
      );
    const named = (who: string): [MethodName, object][] => [
      ["contact.show", { who }],
      ["contact.number", { who }],
      ["message.list", { who }],
      ["message.count", { who }],
      ["message.send", { who, text: "x" }],
      ["message.post", { who, text: "x" }],
      ["message.search", { query: "word", from: who }],
      ["message.find", { id: "last", who }],
      ["message.find", { id: `${who}/last` }],
      ["message.markRead", { who }],
      ["typing.send", { who }],
      ["event.subscribe", { from: who }],
    ];
    const foreign = ["carol", "CAROL", "car", carolId, carolId.slice(0, 20)];
    for (const who of foreign)
      for (const [at, [method, params]] of named(who).entries()) {
        const [, unknown] = named("nobody at all")[at] as [MethodName, object];
        assert.deepEqual(await failure(method, params), await failure(method, unknown), who);
      }
    const messages = (id: string): [MethodName, object][] => [
      ["message.edit", { id, text: "x" }],
      ["message.delete", { id }],
      ["message.delete", { id, forMe: true }],
      ["message.react", { id, emoji: "x" }],
      ["message.cancel", { id }],
      ["message.resend", { id }],
      ["message.find", { id: id }],
      ["message.find", { id: id.slice(0, 8) }],
      ["message.send", { who: "bob", text: "x", replyTo: id }],
    ];
    const missing = `${unknownId}`.slice(0, 26).replace(/.$/, "a");
    for (const [at, [method, params]] of messages(foreignId).entries()) {
      const [, unknown] = messages(missing)[at] as [MethodName, object];
      assert.deepEqual(await failure(method, params), await failure(method, unknown), method);
    }
    assert.ok(
      (await alice.messenger.history("carol", { limit: 9 })).every(({ deleted }) => !deleted),
    );
  });

  it("lists, finds and reports only its contacts", async () => {
    const { restricted } = await setUp(alice.messenger);
    const { client, session } = await restricted("read", ["bob"]);
    const { contacts } = await client.call("contact.list", {});
    assert.deepEqual(
      contacts.map(({ name }) => name),
      ["bob"],
    );
    const { hits } = await client.call("message.search", { query: "word" });
    const messages = hits.map(({ message }) => message);
    assert.deepEqual(
      messages.map(({ text }) => text),
      ["a word to bob"],
    );
    const events: NodeEvent[] = [];
    const { contacts: mine } = await client.call("contact.list", {});
    const online = mine.filter((each) => each.online).map((each) => each.account);
    const reading = (async () => {
      for await (const event of client.events()) events.push(event);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    session.offer({ type: "net.changed", net: netState });
    for (const account of [carol, bob].map((node) => node.messenger.self().account))
      session.offer({ type: "contact.removed", account });
    session.end();
    await reading;
    assert.deepEqual(
      events.splice(0, 2).map((event) => ("online" in event ? event.online : event.type)),
      ["node.state", online],
    );
    const [first, second] = events;
    assert.ok(first?.type === "contact.removed" && first.account === bob.messenger.self().account);
    assert.equal(second?.type, "stream.ended");
  });

  it("learns from an event of no other contact, by its name or by its number", async () => {
    const { restricted } = await setUp(alice.messenger);
    const { client, session } = await restricted("read", ["bob"]);
    await alice.messenger.rename("carol", "b0b");
    await alice.messenger.follow("all", {});
    const stop = alice.messenger.subscribe((event) => session.offer(event));
    const events: NodeEvent[] = [];
    const reading = (async () => {
      for await (const event of client.events()) events.push(event);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    await alice.messenger.setNote("bob", "a note");
    assert.equal(alice.messenger.contact("bob").looksLike?.name, "b0b");
    stop();
    session.end();
    await reading;
    const other = await restricted("read", ["bob"]);
    const { contact } = await other.client.call("contact.show", { who: "bob" });
    const changed = events.find(({ type }) => type === "contact.changed");
    assert.deepEqual(changed, { type: "contact.changed", contact });
    assert.ok(!("looksLike" in contact));
    await alice.messenger.unfollow("all");
    await alice.messenger.rename("carol", "carol");
  });

  it("gets only its contacts' events since a cursor, also one of another connection", async () => {
    const { user, restricted, ring } = await setUp(alice.messenger);
    const { client, session } = await restricted("read", ["bob"]);
    const { streamCursor: since } = await user.call("event.subscribe", {});
    for (const account of [carol, bob].map((node) => node.messenger.self().account))
      ring.add({ type: "contact.removed", account });
    const events: NodeEvent[] = [];
    const reading = (async () => {
      for await (const event of client.events({ since })) events.push(event);
    })();
    await client.call("account.show", {});
    session.end();
    await reading;
    assert.deepEqual(
      events.flatMap((event) => ("account" in event ? [event.account] : [])),
      [bob.messenger.self().account],
    );
  });

  it("is refused what concerns the node as a whole", async () => {
    const { restricted } = await setUp(alice.messenger);
    const { client } = await restricted("send", ["bob"]);
    for (const method of ["node.status", "request.list", "net.peers"] as const)
      assert.equal(await codeOf(client, method), "scope-missing");
    assert.equal((await client.call("account.show", {})).name, "alice");
    const sent = await client.call("message.send", { who: "bob", text: "by a token" });
    assert.equal(sent.message.text, "by a token");
  });
});
