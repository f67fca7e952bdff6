import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  type Connection,
  createClient,
  follow,
  fromRpcError,
  type NodeEvent,
  toRpcError,
  version,
} from "../../src/api/index.ts";
import { limits, SottoError } from "../../src/base/index.ts";

/** The other end of a connection, by hand. */
function wire() {
  let take: (line: string) => void = () => undefined;
  let closed: () => void = () => undefined;
  const written: { id: number; method: string; params: unknown }[] = [];
  const connection: Connection = {
    write: (line) => written.push(JSON.parse(line)),
    onLine: (taker) => {
      take = taker;
    },
    onClose: (told) => {
      closed = told;
    },
    close: () => closed(),
  };
  return {
    client: createClient(connection),
    written,
    say: (message: object) => take(JSON.stringify({ jsonrpc: "2.0", ...message })),
    garbage: (line: string) => take(line),
    cut: () => closed(),
  };
}

describe("api/client", () => {
  it("gives each answer to the call that it belongs to", async () => {
    const { client, written, say } = wire();
    const first = client.call("invite.list", {});
    const second = client.call("account.show", {});
    say({ id: written[1]?.id, result: { account: "a", device: "d", name: "n" } });
    say({ id: written[0]?.id, result: { invites: [] } });
    assert.deepEqual(await first, { invites: [] });
    assert.equal((await second).name, "n");
  });

  it("throws the fault that the node answers with", async () => {
    const { client, say } = wire();
    const call = client.call("contact.show", { who: "bob" });
    say({ id: 1, error: toRpcError(new SottoError("contact-unknown", "Nobody of that name.")) });
    await assert.rejects(call, { code: "contact-unknown", message: "Nobody of that name." });
  });

  it("lives through lines that are no answers", async () => {
    const { client, say, garbage } = wire();
    const call = client.call("invite.list", {});
    for (const line of ["", "{", "null", "[]", '{"id":77,"result":1}']) garbage(line);
    say({ id: 1, result: { invites: [] } });
    assert.deepEqual(await call, { invites: [] });
  });

  it("fails open calls and later ones once the connection has ended", async () => {
    const { client, cut } = wire();
    const call = client.call("invite.list", {});
    cut();
    await assert.rejects(call, { code: "node-not-running" });
    await assert.rejects(client.call("invite.list", {}), { code: "node-not-running" });
  });

  it("fails open calls at once when it is closed, before the other side has closed", async () => {
    const silent: Connection = {
      write: () => undefined,
      onLine: () => undefined,
      onClose: () => undefined,
      close: () => undefined,
    };
    const client = createClient(silent);
    const call = client.call("invite.list", {});
    client.close();
    await assert.rejects(call, { code: "node-not-running" });
  });

  it("does not send a request that is too long", async () => {
    const { client, written } = wire();
    const text = "x".repeat(limits.rpcBytes);
    await assert.rejects(client.call("message.send", { who: "a", text }), {
      code: "params-invalid",
    });
    assert.equal(written.length, 0);
  });

  it("gives events in order, and ends with the last one", async () => {
    const { client, say } = wire();
    const seen: NodeEvent[] = [];
    const done = (async () => {
      for await (const event of client.events({ types: ["contact.removed"] })) seen.push(event);
    })();
    await Promise.resolve();
    say({ id: 1, result: {} });
    say({ method: "event", params: { type: "contact.removed", account: "1" } });
    say({ method: "event", params: { type: "contact.removed", account: "2" } });
    say({ method: "event", params: { type: "stream.ended", why: "stopping" } });
    await done;
    assert.deepEqual(
      seen.map((event) => ("account" in event ? event.account : event.type)),
      ["1", "2", "stream.ended"],
    );
  });

  it("stays connected when a subscription is refused, and after the last event of one", async () => {
    const { client, written, say } = wire();
    const read = async () => {
      for await (const _event of client.events()) {
        // The last event only.
      }
    };
    const refused = read();
    say({ id: 1, error: toRpcError(new SottoError("node-locked", "It is locked.")) });
    await assert.rejects(refused, { code: "node-locked" });
    const ended = read();
    say({ id: 2, result: {} });
    say({ method: "event", params: { type: "stream.ended", why: "too-slow" } });
    await ended;
    const call = client.call("invite.list", {});
    say({ id: written[2]?.id, result: { invites: [] } });
    assert.deepEqual(await call, { invites: [] });
  });

  it("closes the connection when a loop over events is left before its end", async () => {
    const { client, say } = wire();
    const left = (async () => {
      for await (const _event of client.events()) return;
    })();
    say({ id: 1, result: {} });
    say({ method: "event", params: { type: "contact.removed", account: "1" } });
    await left;
    await assert.rejects(client.call("invite.list", {}), { code: "node-not-running" });
  });
});

describe("api/follow", () => {
  it("acknowledges first what was finished before the connection was lost", async () => {
    const { client, written, say } = wire();
    const events = follow(client, "bot", { after: 7 });
    const next = events.next();
    say({ id: 1, result: { follower: {} } });
    await new Promise(setImmediate);
    assert.deepEqual(written[1]?.params, { name: "bot", after: 7, limit: 100, wait: 25_000 });
    say({ id: 2, result: { events: [{ type: "resync", cursor: 8 }], more: false } });
    assert.equal((await next).value?.cursor, 8);
  });
});

describe("api/errors", () => {
  it("brings a fault over the wire whole, and numbers it as JSON-RPC does", () => {
    const fault = new SottoError("key-changed", "Another key.");
    const error = toRpcError(fault);
    assert.deepEqual(error, {
      code: -32000,
      message: "Another key.",
      data: { code: "key-changed", remedy: fault.remedy },
    });
    assert.equal(fromRpcError(error).code, "key-changed");
    assert.equal(toRpcError(new SottoError("method-unknown", "x")).code, -32601);
    assert.equal(toRpcError(new SottoError("params-invalid", "x")).code, -32602);
  });

  it("reveals no details of a bug", () => {
    const error = toRpcError(new TypeError("secret of a stack"));
    assert.equal(error.data.code, "internal");
    assert.doesNotMatch(JSON.stringify(error), /secret/);
  });

  it("takes what it does not know as internal", () => {
    for (const odd of [undefined, null, 7, {}, { data: { code: "toString" } }])
      assert.equal(fromRpcError(odd).code, "internal");
  });
});

describe("api/version", () => {
  it("is that of package.json", () => {
    const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    assert.equal(version, JSON.parse(manifest).version);
  });
});
