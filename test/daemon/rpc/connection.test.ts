import assert from "node:assert/strict";
import { createClient, type NodeEvent, tooLong } from "../../../src/api/index.ts";
import { limits, SottoError } from "../../../src/base/index.ts";
import { type RpcSession, serve } from "../../../src/daemon/rpc/connection.ts";
import type { Caller } from "../../../src/daemon/rpc/methods/method-types.ts";
import { type MemoryConnection, memoryConnection } from "./memory-connection.ts";

const removed = (letter: string): NodeEvent => ({
  type: "contact.removed",
  account: letter.repeat(52),
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("daemon/rpc: a connection without a socket", () => {
  let connection: MemoryConnection;
  let session: RpcSession;
  let ended: number;
  /** Calls that wait, each resolved by its function. */
  let waiting: (() => void)[];
  let callers: Caller[];
  /** A subscription is refused: its contact is not there. */
  let gone: boolean;

  const dispatch = async (method: string, params: unknown, caller: Caller) => {
    callers.push(caller);
    if (method === "account.show") return params;
    if (method === "event.subscribe") {
      if (gone) throw new SottoError("contact-unknown", "There is no such contact.");
      caller.subscribe({ request: {}, wants: () => true, first: [], resumes: false });
      return {};
    }
    if (method === "node.state") await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new SottoError("method-unknown", "No such method.");
    return {};
  };

  beforeEach(() => {
    connection = memoryConnection();
    ended = 0;
    waiting = [];
    callers = [];
    gone = false;
    session = serve(connection.server, dispatch, () => ended++);
  });

  it("serves the client of the API: results, errors, events and the end", async () => {
    const client = createClient(connection.client);
    assert.deepEqual(await client.call("account.show", { x: 1 } as never), { x: 1 });
    await assert.rejects(client.call("node.stop", {}), { code: "method-unknown" });
    const events: NodeEvent[] = [];
    const reading = (async () => {
      for await (const event of client.events()) events.push(event);
    })();
    await turn();
    session.offer(removed("a"));
    session.end();
    await reading;
    assert.deepEqual(events, [removed("a"), { type: "stream.ended", why: "stopping" }]);
    assert.ok(connection.isClosed);
    assert.equal(ended, 1);
  });

  it("closes the connection of a client without a subscription when the node stops", () => {
    session.end();
    assert.ok(connection.isClosed);
    assert.equal(ended, 1);
  });

  it("aborts running calls when the client closes the connection", async () => {
    const client = createClient(connection.client);
    const call = client.call("node.state", {});
    await turn();
    assert.equal(callers[0]?.signal.aborted, false);
    client.close();
    await assert.rejects(call, { code: "node-not-running" });
    assert.equal(callers[0]?.signal.aborted, true);
    assert.equal(ended, 1);
  });

  it("rejects a line that is too long, and continues", async () => {
    const lines: string[] = [];
    connection.client.onLine((line) => lines.push(line));
    connection.sendTooLong(tooLong);
    connection.client.write('{"jsonrpc":"2.0","id":7,"method":"account.show"}');
    await turn();
    const [first, second] = lines.map((line) => JSON.parse(line));
    assert.equal(first.error.data.code, "request-malformed");
    assert.equal(second.id, 7);
  });

  it("answers lines that are nested as deeply as fits, and continues", async () => {
    const answers: { id: unknown; error?: { data: { code: string } } }[] = [];
    connection.client.onLine((line) => answers.push(JSON.parse(line)));
    const half = Math.floor(limits.rpcBytes / 2) - 50;
    const deep = "[".repeat(half) + "]".repeat(half);
    const head = '{"jsonrpc":"2.0","method":"account.show"';
    connection.client.write(deep);
    connection.client.write(`${head},"id":${deep}}`);
    connection.client.write(`${head},"id":1,"more":${deep}}`);
    connection.client.write('{"jsonrpc":"2.0","id":2,"method":"account.show"}');
    while (answers.length < 4) await turn();
    assert.deepEqual(
      answers.map(({ id, error }) => [id, error?.data.code]),
      [
        [null, "request-malformed"],
        [null, "request-malformed"],
        [1, undefined],
        [2, undefined],
      ],
    );
  });

  it("stops reading at the limit of running calls, and continues below it", async () => {
    const client = createClient(connection.client);
    const calls = Array.from({ length: limits.apiCalls + 1 }, () => client.call("node.state", {}));
    await turn();
    assert.equal(callers.length, limits.apiCalls);
    assert.ok(connection.isPaused);
    waiting.shift()?.();
    await turn();
    assert.equal(callers.length, limits.apiCalls + 1);
    for (const finish of waiting) finish();
    await Promise.all(calls);
    await turn();
    assert.ok(!connection.isPaused);
  });

  it("subscribes again at an unlock, or closes a connection that would wait for nothing", async () => {
    const client = createClient(connection.client);
    session.changeState("open");
    assert.equal(callers.length, 0, "nothing was subscribed to");
    await client.call("event.subscribe", {});
    session.changeState("locked");
    session.changeState("open");
    await turn();
    assert.equal(callers.length, 2);
    assert.ok(!connection.isClosed);
    gone = true;
    session.changeState("locked");
    session.changeState("open");
    await turn();
    assert.ok(connection.isClosed);
  });

  it("holds events back for a slow client until it has caught up", async () => {
    const client = createClient(connection.client);
    await client.call("event.subscribe", {});
    connection.stall();
    for (const account of ["a", "b", "c"]) session.offer(removed(account));
    const held = connection.server.backlog();
    session.offer(removed("d"));
    assert.equal(connection.server.backlog(), held, "only the first event was sent");
    const lines: string[] = [];
    connection.client.onLine((line) => lines.push(JSON.parse(line).params.account[0]));
    connection.drain();
    await turn();
    assert.deepEqual(lines, ["a", "b", "c", "d"]);
  });

  it("closes the connection of a client that leaves too much unread", async () => {
    const client = createClient(connection.client);
    connection.stall();
    const part = "x".repeat(limits.rpcBytes / 2);
    const most = Math.ceil(limits.apiBacklogBytes / part.length) + 1;
    const calls = Array.from({ length: most }, () =>
      client.call("account.show", { part } as never).catch(({ code }) => code),
    );
    assert.deepEqual(new Set(await Promise.all(calls)), new Set(["node-not-running"]));
    assert.ok(connection.isClosed);
    assert.equal(ended, 1);
  });
});
