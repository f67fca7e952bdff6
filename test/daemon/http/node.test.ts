import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { resolvePaths } from "../../../src/api/index.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/index.ts";

/** A port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Response {
  readonly result: { readonly name: string };
  readonly error: { readonly data: { readonly code: string } };
}

describe("http, the endpoint of a node", () => {
  const home = mkdtempSync(join(tmpdir(), "sotto-http-"));
  const around = { home: undefined, temporary: tmpdir(), uid: 0, current: undefined };
  const paths = resolvePaths({ ...around, env: { SOTTO_HOME: home } });
  let daemon: Daemon | undefined;
  after(() => rmSync(home, { recursive: true }));
  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
  });

  const start = async (settings: object): Promise<Daemon> => {
    mkdirSync(dirname(paths.config), { recursive: true });
    writeFileSync(paths.config, JSON.stringify(settings));
    daemon = await startDaemon({
      paths,
      env: {},
      overrides: { listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false },
      answers: {
        passphrase: async () => undefined,
        account: async () => ({ name: "alice", protection: { kind: "key-file" } }),
      },
      writeLog: () => undefined,
      onDamage: (damage) => assert.fail(damage),
    });
    return daemon;
  };

  it("does not exist unless the settings name a port", async () => {
    const node = await start({});
    assert.equal((await node.call("node.status", {})).http, undefined);
    assert.equal(existsSync(join(home, "http.sock")), false);
  });

  it("serves calls and live events to a program with a token, which the node can revoke", async () => {
    const port = await freePort();
    const node = await start({ httpPort: port });
    const url = `http://127.0.0.1:${port}`;
    assert.deepEqual((await node.call("node.status", {})).http, { url });
    const wanted = { name: "reader", scope: "read", for: "http" } as const;
    const { secret } = await node.call("token.create", wanted);
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const rpc = async (method: string, params: object = {}): Promise<Response> => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      return (
        await fetch(`${url}/api/v1/rpc`, { method: "POST", headers, body })
      ).json() as Promise<Response>;
    };
    assert.equal((await rpc("account.show")).result.name, "alice");
    for (const method of ["account.words", "token.list", "node.stop", "invite.create"])
      assert.equal((await rpc(method)).error.data.code, "scope-missing", method);
    assert.equal((await rpc("event.subscribe")).error.data.code, "scope-missing");

    const response = await fetch(`${url}/api/v1/events`, { headers });
    await node.call("token.revoke", { name: "reader" });
    const text = await response.text();
    assert.match(text, /data: {"type":"node.state","state":"open"}/);
    assert.match(text, /"stream.ended","why":"revoked"}\n\n$/);
    assert.equal((await fetch(`${url}/api/v1/events`, { headers })).status, 401);
  });

  it("is reported as not open while its port is in use, and the node runs without it", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const node = await start({ httpPort: port });
    assert.deepEqual((await node.call("node.status", {})).http, { error: "port-in-use" });
    other.close();
  });
});
