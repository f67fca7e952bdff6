import assert from "node:assert/strict";
import {
  createNodeConnection,
  type LiveEvent,
  type NodeConnection,
  type NodeEvent,
  toRpcError,
} from "../../src/api/index.ts";
import { SottoError } from "../../src/base/index.ts";
import { connectedPair } from "../../src/testing/connected-pair.ts";

const removed = (account: string): NodeEvent => ({ type: "contact.removed", account });

/** A node by hand: it can be stopped and started, and says what it was asked. */
function handNode() {
  const asked: string[] = [];
  /** The cursors that `event.subscribe` was given. */
  const since: (string | undefined)[] = [];
  /** The results of `event.subscribe`. */
  const resumable: { streamCursor?: string } = {};
  let running = true;
  let locked = false;
  let answerSend = (): unknown => undefined;
  let server: ReturnType<typeof connectedPair>["server"] | undefined;
  return {
    asked,
    since,
    resumable,
    async open() {
      if (!running) throw new SottoError("node-not-running", "No node is running.");
      const pair = connectedPair();
      server = pair.server;
      pair.server.onLine((line) => {
        const { id, method, params } = JSON.parse(String(line));
        asked.push(method);
        if (method === "event.subscribe") since.push(params.since);
        const answer = locked
          ? { error: toRpcError(new SottoError("node-locked", "The node is locked.")) }
          : {
              result: method === "contact.show" ? { contact: { account: "bob-id" } } : resumable,
            };
        // `message.send` is answered when the test says so.
        const send = () => pair.server.send(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
        if (method !== "message.send") send();
        else answerSend = send;
      });
      return pair.client;
    },
    say(event: NodeEvent) {
      server?.send(JSON.stringify({ jsonrpc: "2.0", method: "event", params: event }));
    },
    answerSend: () => answerSend(),
    stop() {
      running = false;
      server?.destroy();
    },
    start() {
      running = true;
    },
    lock(on: boolean) {
      locked = on;
    },
  };
}

/** Waits until something holds, turn by turn. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) assert.fail(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("api/node-connection", function () {
  this.timeout(30_000);

  it("throws at once where no node runs", async () => {
    const node = handNode();
    node.stop();
    await assert.rejects(createNodeConnection({ open: node.open, reconnect: true }), {
      code: "node-not-running",
    });
  });

  it("goes on after a restart with resync, before the events that follow", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    const seen: LiveEvent[] = [];
    const reading = (async () => {
      for await (const event of connection.events()) seen.push(event);
    })();
    await until("the subscription", () => node.asked.length === 1);
    node.say(removed("1"));
    await until("the first event", () => seen.length === 1);
    node.stop();
    node.start();
    await until("the second subscription", () => node.asked.length === 2);
    node.say(removed("2"));
    await until("the last event", () => seen.length === 3);
    await connection.close();
    await reading;
    assert.deepEqual(
      seen.map((event) => ("account" in event ? event.account : event.type)),
      ["1", "resync", "2"],
    );
  });

  it("goes on where it was after a lost connection, without resync", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    const seen: string[] = [];
    connection.on("contact.removed", ({ account }) => seen.push(account));
    connection.on("resync", () => seen.push("resync"));
    node.resumable.streamCursor = "start";
    await until("the subscription", () => node.asked.length === 1);
    node.say({ ...removed("1"), streamCursor: "one" });
    await until("the first event", () => seen.length === 1);
    node.stop();
    node.start();
    await until("the second subscription", () => node.asked.length === 2);
    node.say({ ...removed("2"), streamCursor: "two" });
    await until("the second event", () => seen.length === 2);
    assert.deepEqual(node.since, [undefined, "one"]);
    assert.deepEqual(seen, ["1", "2"]);
    await connection.close();
  });

  it("goes on when a locked node is unlocked, with the same subscription", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    const seen: string[] = [];
    connection.on("contact.removed", ({ account }) => seen.push(account));
    connection.on("node.state", ({ state }) => seen.push(state));
    connection.on("resync", () => seen.push("resync"));
    await until("the subscription", () => node.asked.length === 1);
    node.say({ type: "node.state", state: "locked" });
    node.say({ type: "resync" });
    node.say({ type: "node.state", state: "open" });
    node.say(removed("1"));
    await until("the event", () => seen.length === 4);
    assert.deepEqual(seen, ["locked", "resync", "open", "1"]);
    assert.equal(node.asked.length, 1);
    await connection.close();
  });

  it("ends loops with the reason where it does not reconnect, and tells listeners once", async () => {
    const node = handNode();
    const errors: string[] = [];
    const connection = await createNodeConnection({
      ...{ open: node.open, reconnect: false },
      onError: ({ code }) => errors.push(code),
    });
    connection.on("typing", () => undefined);
    const reading = connection.events().next();
    await until("the subscription", () => node.asked.length === 1);
    node.say({ type: "stream.ended", why: "too-slow" });
    await assert.rejects(reading, { code: "timed-out" });
    assert.deepEqual(errors, ["timed-out"]);
    node.stop();
    await until("the end of the connection", () => true);
    await assert.rejects(connection.call("node.state", {}), { code: "node-not-running" });
  });

  it("ends with the reason where a token is revoked, although it reconnects", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    const reading = connection.events().next();
    await until("the subscription", () => node.asked.length === 1);
    node.say({ type: "stream.ended", why: "revoked" });
    await assert.rejects(reading, { code: "token-refused" });
    await connection.close();
  });

  it("fails a call that was under way, and connects again for the next one", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    const sending = connection.call("message.send", { who: "bob", text: "x" });
    await until("the call", () => node.asked.includes("message.send"));
    node.stop();
    await assert.rejects(sending, { code: "node-not-running" });
    await assert.rejects(connection.call("node.state", {}), { code: "node-not-running" });
    node.start();
    assert.deepEqual(await connection.call("node.state", {}), {});
    await connection.close();
  });

  it("prepares each connection before anything else is called", async () => {
    const node = handNode();
    const connection = await createNodeConnection({
      ...{ open: node.open, reconnect: true },
      prepare: async (client) => {
        await client.call("connection.restrict", { token: "x", for: "socket" });
      },
    });
    await connection.call("node.state", {});
    node.stop();
    node.start();
    await until("the end", () => true);
    await connection.call("node.state", {}).catch(() => connection.call("node.state", {}));
    assert.deepEqual(
      node.asked.filter((_, i) => i % 2 === 0),
      node.asked.filter((_, i) => i % 2 === 0).map(() => "connection.restrict"),
    );
    await connection.close();
  });

  it("closes a connection that could not be prepared", async () => {
    const node = handNode();
    const closed: string[] = [];
    const refused = createNodeConnection({
      open: async () => {
        const connection = await node.open();
        return { ...connection, close: () => closed.push("closed") && connection.close() };
      },
      reconnect: true,
      prepare: () => Promise.reject(new SottoError("token-refused", "There is no such token.")),
    });
    await assert.rejects(refused, { code: "token-refused" });
    assert.deepEqual(closed, ["closed"]);
  });

  it("gives a loop its contact's events only", async () => {
    const node = handNode();
    await using connection = await createNodeConnection({ open: node.open, reconnect: false });
    const loop = connection.events({ from: "bob" });
    const first = loop.next();
    await until("the subscription", () => node.asked.includes("event.subscribe"));
    node.say(removed("carol-id"));
    node.say(removed("bob-id"));
    const { value } = await first;
    assert.ok(value?.type === "contact.removed" && value.account === "bob-id");
    await loop.return();
  });

  it("keeps loops and calls when a listener throws, whose error is not hidden", async () => {
    const node = handNode();
    await using connection = await createNodeConnection({ open: node.open, reconnect: false });
    const uncaught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error));
    try {
      const failure = new Error("a mistake of the program");
      connection.on("contact.removed", () => {
        throw failure;
      });
      const next = connection.events().next();
      await until("the subscription", () => node.asked.includes("event.subscribe"));
      node.say(removed("1"));
      assert.deepEqual((await next).value, removed("1"));
      await until("the error", () => uncaught.length > 0);
      assert.deepEqual(uncaught, [failure]);
      assert.deepEqual(await connection.call("node.state", {}), {});
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    }
  });

  it("gives a listener that begins again when it is told of the end further events", async () => {
    const node = handNode();
    const seen: string[] = [];
    await using connection: NodeConnection = await createNodeConnection({
      ...{ open: node.open, reconnect: false },
      onError: () => void connection.on("contact.removed", ({ account }) => seen.push(account)),
    });
    connection.on("typing", () => undefined);
    await until("the subscription", () => node.asked.length === 1);
    node.say({ type: "stream.ended", why: "too-slow" });
    await until("the second subscription", () => node.asked.length === 2);
    node.say(removed("1"));
    await until("the event", () => seen.length === 1);
  });

  it("is closed once the calls that are under way have their answers, and begins no other", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    const call = connection.call("message.send", { who: "bob", text: "hi" });
    await until("the call", () => node.asked.includes("message.send"));
    let isClosed = false;
    const closing = connection.close().then(() => {
      isClosed = true;
    });
    await assert.rejects(connection.call("node.state", {}), { code: "node-not-running" });
    assert.equal(isClosed, false);
    node.answerSend();
    assert.deepEqual(await call, {});
    await closing;
  });

  it("is closed although a call gets no answer", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: false });
    const call = connection.call("message.send", { who: "bob", text: "hi" });
    const failed = assert.rejects(call, { code: "node-not-running" });
    await until("the call", () => node.asked.includes("message.send"));
    await connection.close();
    await failed;
  });

  it("ends every delay when it is closed, not the last one only", async () => {
    const node = handNode();
    const connection = await createNodeConnection({ open: node.open, reconnect: true });
    node.lock(true);
    const before = timers();
    const follows = ["a", "b"].map((name) => connection.follow(name).next());
    await until("both delays", () => timers() === before + 2);
    await connection.close();
    assert.equal(timers(), before);
    for (const follow of follows) assert.equal((await follow).done, true);
  });

  it("loses no connection when one before it closes late", async () => {
    const node = handNode();
    const closed = new Set<number>();
    const late: (() => void)[] = [];
    let opened = 0;
    let refuses = false;
    const connection = await createNodeConnection({
      open: async () => {
        const number = opened++;
        const pair = await node.open();
        return {
          ...pair,
          onClose: (told) => pair.onClose(() => late.push(told)),
          close: () => {
            closed.add(number);
            pair.close();
          },
        };
      },
      reconnect: true,
      prepare: async () => {
        if (refuses) throw new SottoError("node-locked", "The node is locked.");
      },
    });
    node.stop();
    node.start();
    await until("the end of the first", () => late.length === 1);
    late.pop()?.();
    refuses = true;
    await assert.rejects(connection.call("node.state", {}), { code: "node-locked" });
    refuses = false;
    await connection.call("node.state", {});
    await until("the end of the second", () => late.length === 1);
    late.pop()?.();
    await connection.call("node.state", {});
    await connection.close();
    assert.equal(opened, 3);
    assert.ok(closed.has(2));
  });
});

/** Timers of this process that are due later. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}
