import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build, ended, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

describe("a bootstrap node", function () {
  this.timeout(90_000);
  let sotto: Program;
  let home: string;
  let host: ChildProcess & { readonly first: string };
  let url: string;
  const peers: string[] = [];

  before(async () => {
    sotto = build();
    home = sotto.home("host");
    host = await sotto.up(home, "bootstrap", "--metrics", "127.0.0.1:0");
    const { addresses, metrics } = JSON.parse(host.first);
    url = metrics;
    const [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    for (const [name, person] of Object.entries({ alice, bob })) {
      await sotto.up(person, "--name", name, "--bootstrap", addresses[0]);
      peers.push(JSON.parse((await runHere(person, ["status", "--json"])).out).host);
    }
    const invite = await runHere(alice, ["invite", "--json"]);
    const added = await runHere(bob, ["add", JSON.parse(invite.out).link]);
    assert.equal(added.code, 0, added.err);
  });
  after(() => sotto.clear());

  const page = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const figure = (text: string, name: string): number =>
    Number(new RegExp(`^sotto_bootstrap_${name} (\\S+)$`, "m").exec(text)?.[1]);
  const health = async (): Promise<number> => (await fetch(`${url}/healthz`)).status;
  const untilHealth = async (status: number): Promise<void> => {
    while ((await health()) !== status) await sleep(50);
  };

  it("serves Prometheus metrics that change with the traffic", async () => {
    const text = await page();
    for (const line of text.trimEnd().split("\n"))
      assert.match(line, /^(?:# (?:HELP|TYPE) )?sotto_bootstrap_\w+(?:\{version="[\d.]+"\})? \S/);
    for (const name of ["connections", "peers", "lan_dht_peers"])
      assert.ok(figure(text, name) >= 2, name);
    const moved = ["records", "puts_taken_total", "received_bytes_total", "sent_bytes_total"];
    for (const name of [...moved, "memory_bytes", "heap_bytes", "requests_total"])
      assert.ok(figure(text, name) > 0, name);
    for (const name of ["puts_refused_total", "uptime_seconds", "event_loop_lag_seconds"])
      assert.ok(figure(text, name) >= 0, name);
    assert.match(text, /^sotto_bootstrap_info\{version="\d+\.\d+\.\d+"\} 1$/m);
  });

  it("logs stages of connections at debug level, without PeerIds and addresses", async () => {
    const args = [sotto.bin, "bootstrap", "--listen", "/ip4/127.0.0.1/tcp/0", "--json"];
    const env = { ...sotto.env(sotto.home("debug")), SOTTO_LOG: "debug" };
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    const addresses = await new Promise<string[]>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text) => {
        log += text;
      });
      child.stdout.setEncoding("utf8").once("data", (line) => resolve(JSON.parse(line).addresses));
      child.once("close", () => reject(new Error(log)));
    });
    const person = sotto.home("carol");
    const node = await sotto.up(person, "--name", "carol", "--bootstrap", addresses[0] as string);
    const status = JSON.parse((await runHere(person, ["status", "--json"])).out);
    while (!log.includes('"stage":"open"')) await sleep(20);
    await ended(node, "SIGTERM");
    while (!log.includes('"stage":"closed"')) await sleep(20);
    await ended(child, "SIGTERM");
    for (const stage of ["accepted", "noise", "open", "closed"])
      assert.match(log, new RegExp(`"connection-stage","stage":"${stage}","side":"listener"`));
    for (const secret of [status.host, status.account, "carol", "127.0", "12D3Koo", "/tcp/"])
      assert.ok(!log.includes(secret), secret);
    for (const address of [...addresses, ...(status.addresses as string[])])
      assert.ok(!log.includes(address.split("/")[4] as string), address);
  });

  it("serves no peer and no address in its metrics", async () => {
    const text = await page();
    assert.equal(peers.length, 2);
    for (const peer of peers) assert.ok(peer.length > 20 && !text.includes(peer));
    assert.ok(!/127\.0|12D3Koo|\/ip[46]|\/p2p|\/tcp/.test(text));
    const { addresses } = JSON.parse(host.first);
    assert.ok(!text.includes(addresses[0].split("/").at(-1)));
  });

  it("answers nothing but the two questions", async () => {
    assert.equal((await fetch(`${url}/`)).status, 404);
    assert.equal((await fetch(`${url}/metrics`, { method: "POST" })).status, 405);
  });

  it("is well, unwell when it hung, and well again", async () => {
    await untilHealth(200);
    host.kill("SIGSTOP");
    await sleep(2_500);
    host.kill("SIGCONT");
    await untilHealth(503);
    await untilHealth(200);
  });

  it("stores only its key on disk, after other nodes used it", async () => {
    const places = readdirSync(home, { recursive: true, encoding: "utf8" }).sort();
    assert.deepEqual(places, ["bootstrap", "bootstrap/bootstrap.key", "bootstrap/node.lock"]);
    const key = join(home, "bootstrap/bootstrap.key");
    assert.equal(statSync(key).size, 32);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(await ended(host, "SIGTERM"), 0);
    const left = readdirSync(home, { recursive: true, encoding: "utf8" }).sort();
    assert.deepEqual(left, ["bootstrap", "bootstrap/bootstrap.key"]);
  });

  it("serves its metrics on loopback only, unless configured otherwise", async () => {
    const refusal = async (place: string) => {
      const args = ["bootstrap", "--listen", "/ip4/127.0.0.1/tcp/0", "--json", "--metrics", place];
      const ran = await sotto.run(sotto.home("refused"), args);
      return [ran.code, JSON.parse(ran.err).error.code];
    };
    for (const place of ["0.0.0.0:0", "192.0.2.1:9464", "[::]:0", "[2001:db8::1]:0"])
      assert.deepEqual(await refusal(place), [2, "metrics-public"], place);
    for (const place of ["9464", "localhost:9464", "127.0.0.1", "::1:9464", "127.0.0.1:70000"])
      assert.deepEqual(await refusal(place), [2, "metrics-invalid"], place);
    const open = await sotto.up(
      sotto.home("open"),
      ...["bootstrap", "--metrics", "0.0.0.0:0", "--metrics-public"],
    );
    const { port } = new URL(JSON.parse(open.first).metrics);
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  });
});
