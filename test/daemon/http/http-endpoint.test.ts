import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountId, limits, SottoError } from "../../../src/base/index.ts";
import { type HttpEndpoint, openHttpEndpoint } from "../../../src/daemon/http/http-endpoint.ts";
import { restrictedTo } from "../../../src/daemon/rpc/methods/access.ts";
import type { Caller } from "../../../src/daemon/rpc/methods/method-types.ts";
import { account, message } from "../fake.ts";
import { handClock } from "../hand-clock.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

describe("http, the endpoint", () => {
  let directory: string;
  let open: HttpEndpoint;
  let clock: ReturnType<typeof handClock>;
  let locked = false;
  let since: unknown;
  const called: string[] = [];
  let begun = (): void => undefined;
  let ended = (): void => undefined;

  const dispatch = async (method: string, params: unknown, caller: Caller): Promise<unknown> => {
    if (locked && method !== "node.state") throw new SottoError("node-locked", "locked");
    if (method === "connection.restrict") {
      const { token, for: kind } = params as { token: string; for: string };
      if (kind !== "http" || !["reader", "limited", "poster", "late"].includes(token))
        throw new SottoError("token-refused", "no");
      const peers = token === "limited" ? { peers: new Set(["z".repeat(52)] as never[]) } : {};
      const scope = token === "poster" ? "post" : "read";
      caller.restrict(restrictedTo(caller.access, { name: token, scope, ...peers }));
      // Revoked while the use of the token is noted.
      if (token === "late") open.revoke("late");
      return {};
    }
    if (!caller.access.rows.has("read") && method === "event.subscribe")
      throw new SottoError("scope-missing", "no");
    if (method === "event.subscribe") {
      since = (params as { since?: unknown }).since;
      caller.subscribe({
        wants: () => true,
        first: [{ type: "node.state", state: "open" }],
        resumes: since !== undefined,
        request: {},
      });
      return {};
    }
    if (method === "wait") {
      const aborted = new Promise((resolve) => caller.signal.addEventListener("abort", resolve));
      begun();
      await aborted;
      ended();
      return {};
    }
    called.push(method);
    return { method, params, tokens: [...caller.access.tokens] };
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-http-"));
    locked = false;
    since = undefined;
    called.length = 0;
    clock = handClock();
    const socket = join(directory, "http.sock");
    open = await openHttpEndpoint({ port: 0, socket, dispatch, clock });
  });
  afterEach(async () => {
    await open.close();
    await rm(directory, { recursive: true });
  });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const json = { "content-type": "application/json" };
  const rpc = (method: string, params: object = {}, id: unknown = 1) =>
    JSON.stringify({ jsonrpc: "2.0", id, method, params });

  /** Begins a request and resolves with its response. */
  const begin = (path: string, options: RequestOptions, body?: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(open.url);
      const at = options.socketPath === undefined ? { hostname, port } : {};
      request({ ...at, path, agent: false, ...options }, resolve)
        .on("error", reject)
        .end(body);
    });
  const ask = async (path: string, options: RequestOptions, body?: string): Promise<Answer> => {
    const response = await begin(path, options, body);
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return { status: response.statusCode, headers: response.headers, body: text };
  };
  const post = (body: string, headers: Record<string, string> = { ...bearer("reader"), ...json }) =>
    ask("/api/v1/rpc", { method: "POST", headers }, body);

  it("answers a call with a token, as on the socket", async () => {
    const { status, headers, body } = await post(rpc("contact.list", { a: 1 }, "x"));
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(body), {
      jsonrpc: "2.0",
      id: "x",
      result: { method: "contact.list", params: { a: 1 }, tokens: ["reader"] },
    });
  });

  it("answers on the unix socket too, which others cannot open", async () => {
    const socketPath = join(directory, "http.sock");
    assert.equal((await stat(socketPath)).mode & 0o777, 0o600);
    const headers = { ...bearer("reader"), ...json, host: "localhost" };
    const options = { method: "POST", headers, socketPath };
    assert.equal((await ask("/api/v1/rpc", options, rpc("contact.list"))).status, 200);
  });

  it("sends what keeps pages, frames and caches away with every response", async () => {
    for (const answer of [await post(rpc("contact.list")), await post("", json)]) {
      assert.equal(answer.headers["cache-control"], "no-store");
      assert.equal(answer.headers["x-content-type-options"], "nosniff");
      assert.match(String(answer.headers["content-security-policy"]), /default-src 'none'/);
      for (const name of Object.keys(answer.headers)) assert.doesNotMatch(name, /^access-control/);
    }
  });

  it("refuses what another page or name sends, before it looks at the token", async () => {
    const headers = { ...bearer("reader"), ...json };
    for (const [status, name, value] of [
      [421, "host", "evil.example"],
      [403, "origin", "https://evil.example"],
      [403, "sec-fetch-site", "cross-site"],
    ] as const)
      assert.equal((await post(rpc("contact.list"), { ...headers, [name]: value })).status, status);
    assert.equal((await ask("/api/v1/rpc", { method: "OPTIONS", headers })).status, 405);
    assert.deepEqual(called, []);
  });

  it("refuses no token, an unknown one, and too many unknown ones, but not a good one then", async () => {
    assert.equal((await post(rpc("contact.list"), json)).status, 401);
    const wrong = { ...json, ...bearer("unknown") };
    for (let n = 0; n < limits.httpRefusedTokens; n++)
      assert.equal((await post(rpc("contact.list"), wrong)).status, 401);
    assert.equal((await post(rpc("contact.list"), wrong)).status, 429);
    assert.equal((await post(rpc("contact.list"))).status, 200);
    for (const authorization of ["Basic cmVhZGVyOg==", "Bearer ", "Bearer a b", "reader"])
      assert.equal((await post(rpc("contact.list"), { ...json, authorization })).status, 401);
    assert.deepEqual(called, ["contact.list"]);
  });

  it("refuses other routes, methods, types and bodies", async () => {
    const headers = { ...bearer("reader"), ...json };
    assert.equal((await ask("/", { headers })).status, 404);
    assert.equal((await ask("/api/v1/rpc?x", { method: "POST", headers }, "{}")).status, 404);
    assert.equal((await ask("/api/v1/rpc", { headers })).status, 405);
    assert.equal((await ask("/api/v1/events", { method: "POST", headers })).status, 405);
    const plain = { ...bearer("reader"), "content-type": "text/plain" };
    assert.equal((await post(rpc("contact.list"), plain)).status, 415);
    assert.equal((await post(`"${"x".repeat(limits.rpcBytes)}"`)).status, 413);
    for (const [body, code] of [
      ["{", -32700],
      ["[]", -32600],
      ['{"jsonrpc":"2.0","id":1}', -32600],
    ] as const) {
      const answer = await post(body);
      assert.equal(answer.status, 200);
      assert.equal(JSON.parse(answer.body).error.code, code);
    }
    assert.deepEqual(called, []);
  });

  it("gives an error of a method in the response, and ends a call that nobody waits for", async () => {
    const refused = await post(rpc("event.subscribe"), { ...bearer("reader"), ...json });
    assert.equal(JSON.parse(refused.body).error.data.code, "scope-missing");
    const { hostname, port } = new URL(open.url);
    const headers = { ...bearer("reader"), ...json };
    const options = { hostname, port, path: "/api/v1/rpc", method: "POST", headers, agent: false };
    const waiting = request(options).on("error", () => undefined);
    waiting.end(rpc("wait"));
    await new Promise<void>((resolve) => {
      begun = resolve;
    });
    const aborted = new Promise<void>((resolve) => {
      ended = resolve;
    });
    waiting.destroy();
    await aborted;
  });

  it("ends a call whose token is revoked, and lets in none whose token is revoked meanwhile", async () => {
    const waiting = post(rpc("wait"));
    const aborted = new Promise<void>((resolve) => {
      ended = resolve;
    });
    await new Promise<void>((resolve) => {
      begun = resolve;
    });
    open.revoke("reader");
    await aborted;
    assert.equal((await waiting).status, 401);
    const late = { ...bearer("late"), ...json };
    assert.equal((await post(rpc("contact.list"), late)).status, 401);
    assert.equal((await ask("/api/v1/events", { headers: late })).status, 401);
    assert.deepEqual(called, []);
  });

  it("is closed to everything while the node is locked", async () => {
    locked = true;
    assert.equal((await post(rpc("contact.list"))).status, 503);
    assert.equal((await ask("/api/v1/events", { headers: bearer("reader") })).status, 503);
  });

  describe("events", () => {
    /** Reads lines of a stream until `count` events have come. */
    async function read(response: IncomingMessage, count: number): Promise<string> {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) {
        text += chunk;
        if (text.split("data: ").length > count) break;
      }
      return text;
    }
    const stream = (token = "reader", headers: Record<string, string> = {}) =>
      begin("/api/v1/events", { headers: { ...bearer(token), ...headers } });

    it("are sent with their cursors, from the one that the client names", async () => {
      const response = await stream("reader", { "last-event-id": "c4" });
      assert.equal(response.headers["content-type"], "text/event-stream");
      assert.equal(since, "c4");
      const news = { type: "message.new" as const, message, streamCursor: "c5" };
      open.offer(news);
      const text = await read(response, 2);
      const state = 'data: {"type":"node.state","state":"open"}\n\n';
      assert.equal(text, `${state}id: c5\ndata: ${JSON.stringify(news)}\n\n`);
    });

    it("are refused without the scope, and beyond the number of streams", async () => {
      assert.equal((await ask("/api/v1/events", { headers: bearer("poster") })).status, 403);
      const streams = [];
      for (let n = 0; n < limits.httpStreams; n++) streams.push(await stream());
      assert.equal((await ask("/api/v1/events", { headers: bearer("reader") })).status, 503);
      streams[0]?.destroy();
      let again = await stream();
      while (again.statusCode === 503) again = await stream();
      assert.equal(again.statusCode, 200);
      for (const each of [...streams, again]) each.destroy();
    });

    it("are only those that the token may see", async () => {
      const ref = "z".repeat(52) as AccountId;
      const other = { ...message, ref, contact: ref };
      const response = await stream("limited");
      open.offer({ type: "message.new", message });
      open.offer({ type: "message.new", message: other });
      assert.doesNotMatch(await read(response, 2), new RegExp(account));
    });

    it("are kept open by comments", async () => {
      const response = await stream();
      await read(response, 1).catch(() => undefined);
      const other = await stream();
      const text = read(other, 2);
      await new Promise((resolve) => setImmediate(resolve));
      clock.pass(limits.httpStreamPause);
      open.offer({ type: "resync" });
      assert.match(await text, /\n:\n\n/);
    });

    it("end with a last event when the token is revoked or the node stops", async () => {
      const [revoked, other] = [await stream(), await stream("limited")];
      open.revoke("reader");
      const all = async (response: IncomingMessage) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        return text;
      };
      assert.match(await all(revoked), /"stream.ended","why":"revoked"/);
      const rest = all(other).catch((error: unknown) => String(error));
      await open.close();
      assert.match(await rest, /"stream.ended","why":"stopping"/);
    });

    it("end with too-slow for a client that does not read", async () => {
      const response = await stream();
      const long = { ...message, text: "x".repeat(2_000) };
      for (let n = 0; n < limits.eventQueue + 2_000; n++)
        open.offer({ type: "message.new", message: long });
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text = text.slice(-200) + chunk;
      assert.match(text, /"stream.ended","why":"too-slow"}\n\n$/);
    });
  });

  it("says that its port is in use, and does not take another", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const socket = join(directory, "other.sock");
    await assert.rejects(openHttpEndpoint({ port, socket, dispatch, clock }), {
      code: "port-in-use",
    });
    other.close();
  });

  it("can be reached on 127.0.0.1 alone, and closes although a client sends nothing", async () => {
    const { port } = new URL(open.url);
    const failed = await new Promise<boolean>((resolve) => {
      const probe = connect(Number(port), "127.0.0.2");
      probe.once("connect", () => resolve(false)).once("error", () => resolve(true));
    });
    assert.ok(failed);
    const idle = connect(Number(port), "127.0.0.1");
    await new Promise((resolve) => idle.once("connect", resolve));
    const ended = new Promise((resolve) => idle.once("close", resolve));
    await Promise.all([open.close(), ended]);
  });
});
