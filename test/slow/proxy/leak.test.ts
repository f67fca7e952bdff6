import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { build, type Program } from "../../cli/built.ts";
import { counted, down, Helper, missing, outside, PERSON, PROXY, up, watcher } from "./lab.ts";

const ONION = `/onion3/${"a".repeat(55)}d:4001`;
const ADDRESS = `socks5://${PROXY.host}:${PROXY.port}`;

interface Seen {
  readonly proxied: number;
  readonly others: Readonly<Record<string, number>>;
}

describe("a node behind a proxy, packet by packet", function () {
  this.timeout(180_000);
  let sotto: Program;
  let world: Helper;
  let sight: Helper;
  let link: string;
  let named: string;
  let home: string;
  let daemon: Helper | undefined;

  /** A command in the person's namespace, as the person types it. */
  const type = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      execFile(
        "ip",
        ["netns", "exec", PERSON, process.execPath, sotto.bin, ...args],
        { env: sotto.env(home), timeout: 60_000 },
        (error, out, err) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
        },
      );
    });
  const start = async (...args: string[]): Promise<void> => {
    const env = Object.entries(sotto.env(home)).map(([name, value]) => `${name}=${value}`);
    const program = [process.execPath, sotto.bin, "up", "--name", "alice", "--json", ...args];
    daemon = new Helper(PERSON, ["env", "-i", ...env, ...program]);
    assert.match(await daemon.line(), /"ready":true/);
  };
  const stop = async (): Promise<void> => {
    if (daemon === undefined) return;
    const gone = new Promise((resolve) => daemon?.process.once("exit", resolve));
    await type("down");
    await gone;
    daemon = undefined;
  };
  const ask = async <Answer>(what: string): Promise<Answer> => {
    world.say(what);
    return JSON.parse(await world.line()) as Answer;
  };
  /** Everything that a person does in a day. */
  const live = async (): Promise<void> => {
    assert.equal((await type("invite", "--json")).code, 0);
    const added = await type("add", link, "--as", "bob", "--wait", "40s");
    assert.equal(added.code, 0, added.out + added.err);
    const sent = await type("send", "--wait", "delivered", "bob", "hello");
    assert.equal(sent.code, 0, sent.out + sent.err);
    assert.deepEqual(await ask<string[]>("send"), ["hello"]);
    assert.match((await type("read", "bob")).out, /and back/);
    await type("net", "bootstrap", "add", named);
    await type("doctor", "bob");
    await type("doctor");
    await type("net", "check");
    await type("contacts", "policy", "bob", "hidden");
    await type("net", "peers");
    assert.equal((await type("net", "rotate")).code, 0);
  };
  const seen = async (): Promise<Seen> => {
    const told = sight.line();
    sight.process.stdin?.end();
    return JSON.parse(await told) as Seen;
  };

  before(async function () {
    const why = missing();
    if (why !== undefined) {
      console.log(`      SKIPPED, no leak is looked for here: ${why}`);
      return this.skip();
    }
    sotto = build();
  });
  beforeEach(async () => {
    up();
    world = outside();
    ({ link, named } = JSON.parse(await world.line()) as { link: string; named: string });
    sight = watcher();
    assert.equal(await sight.line(), "ready");
    home = sotto.home(`alice-${Math.random()}`);
  });
  afterEach(async () => {
    await stop();
    await sight.end();
    await world.end();
    down();
  });
  after(() => sotto?.clear());

  it("sends no packet to any host but the proxy, from its start to its end", async () => {
    await start("--proxy", ADDRESS, "--listen", "/ip4/127.0.0.1/tcp/4001", "--announce", ONION);
    await live();
    const found = await ask<{ addresses: string[]; asked: { host: string }[] }>("look");
    assert.deepEqual(found.addresses, [ONION], "its own addresses stand in its record");
    const status = JSON.parse((await type("status", "--json")).out);
    assert.equal(status.net.proxy.state, "working");
    assert.deepEqual(status.addresses, [ONION]);
    await stop();
    const { beside, whither, proxied } = counted();
    assert.deepEqual([beside, whither], [0, []]);
    const { others, proxied: watched } = await seen();
    assert.deepEqual(others, {});
    assert.ok(proxied > 50 && watched > 50, `${proxied} and ${watched} packets to the proxy`);
    const hosts = new Set(found.asked.map(({ host }) => host));
    assert.ok(hosts.has("boot.example"), "the name went to the proxy as a name");
    console.log(`      ${proxied} packets to the proxy, ${beside} beside it`);
  });

  it("says that the proxy is gone, and dials nothing beside it", async () => {
    await ask("stop proxy");
    await start("--proxy", ADDRESS);
    const added = await type("add", link, "--as", "bob", "--wait", "3s");
    assert.equal(added.code, 5, added.out);
    await type("send", "bob", "hello");
    const told = await type("doctor", "bob");
    assert.equal(told.code, 1);
    assert.match(told.out, /The proxy does not work/);
    assert.match((await type("doctor")).out, /✗ proxy .*DOWN.*\n.*\n.*→ Start the proxy/);
    assert.match((await type("status")).out, /proxy .*DOWN: no connections/);
    await stop();
    assert.deepEqual([counted().beside, (await seen()).others], [0, {}]);
  });

  it("differs from one without a proxy, whose every packet is seen here", async () => {
    await start();
    await live();
    await stop();
    const { beside, whither } = counted();
    const { others } = await seen();
    assert.ok(beside > 50);
    // NAT-PMP, mDNS, DNS, the bootstrap host.
    for (const place of [
      "udp 10.77.0.1 5351",
      "udp 224.0.0.251 5353",
      "udp 10.77.0.1 53",
      "tcp 51.0.0.10 4001",
    ]) {
      assert.ok(place in others, `the watcher missed ${place}: ${Object.keys(others)}`);
      assert.ok(whither.includes(place), `the counter missed ${place}: ${whither}`);
    }
  });
});
