import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountId } from "../../../src/base/index.ts";
import { changeBootstrap } from "../../../src/daemon/settings/bootstrap-setting.ts";
import { readConfig } from "../../../src/daemon/settings/config.ts";

const HOST = "/ip4/203.0.113.7/tcp/4001/p2p/12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct";
const OTHER = HOST.replace("203.0.113.7", "203.0.113.8");

describe("daemon/config", () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-config-"));
    path = join(directory, "sub", "config.json");
  });
  afterEach(() => rm(directory, { recursive: true }));
  const write = async (text: string) => {
    path = join(directory, "config.json");
    await writeFile(path, text);
  };

  it("needs no file, and cannot be changed once read", async () => {
    const config = await readConfig(path, {});
    assert.deepEqual(config.bootstrap, []);
    assert.equal(config.mdns, true);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.listen));
  });

  it("listens where the file says, or else where the kind of node usually does", async () => {
    const usual = ["/ip4/0.0.0.0/tcp/4001"];
    assert.deepEqual((await readConfig(path, {}, {}, usual)).listen, usual);
    await write(JSON.stringify({ listen: ["/ip4/0.0.0.0/tcp/1"] }));
    assert.deepEqual((await readConfig(path, {}, {}, usual)).listen, ["/ip4/0.0.0.0/tcp/1"]);
  });

  it("lets the command line override the file, and adds its bootstrap nodes", async () => {
    await write(JSON.stringify({ bootstrap: [HOST], mdns: true, listen: ["/ip4/0.0.0.0/tcp/1"] }));
    const config = await readConfig(
      path,
      {},
      {
        bootstrap: [OTHER, HOST],
        mdns: false,
        listen: ["/ip4/127.0.0.1/tcp/0"],
      },
    );
    assert.deepEqual(config.bootstrap, [HOST, OTHER]);
    assert.equal(config.mdns, false);
    assert.deepEqual(config.listen, ["/ip4/127.0.0.1/tcp/0"]);
  });

  it("takes a list of accounts that may be linked with, and nothing else in it", async () => {
    assert.equal((await readConfig(path, {})).allow, undefined, "every account that pairs");
    const [one, other] = [1, 2].map((fill) => accountId.from(new Uint8Array(32).fill(fill)));
    await write(JSON.stringify({ allow: [one, other] }));
    assert.deepEqual((await readConfig(path, {})).allow, [one, other]);
    await write('{"allow":[]}');
    assert.deepEqual((await readConfig(path, {})).allow, [], "nobody");
    for (const bad of ['["bob"]', `"${one}"`, `["${one?.slice(1)}"]`, "[1]"]) {
      await write(`{"allow":${bad}}`);
      await assert.rejects(readConfig(path, {}), { code: "config-invalid" }, bad);
    }
  });

  it("accepts a proxy, and then neither listens nor uses mDNS by default", async () => {
    await write(
      '{"proxy":"socks5://me:secret@127.0.0.1:9050","bootstrap":["/dns4/x.example/tcp/1/p2p/12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct"]}',
    );
    const config = await readConfig(path, {});
    const login = { user: "me", password: "secret" };
    assert.deepEqual(config.proxy, { host: "127.0.0.1", port: 9050, login });
    assert.deepEqual([config.listen, config.mdns, config.portMapping], [[], false, false]);
    const onion = `/onion3/${"a".repeat(55)}d:4001`;
    const given = {
      proxy: "socks5://127.0.0.1:9150",
      listen: ["/ip4/127.0.0.1/tcp/1"],
      announce: [onion],
    };
    const run = await readConfig(path, {}, given);
    assert.deepEqual(run.proxy, { host: "127.0.0.1", port: 9150 });
    assert.deepEqual([run.listen, run.announce], [given.listen, [onion]]);
    await write(
      `{"bootstrap":["${onion}/p2p/12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct"]}`,
    );
    assert.equal((await readConfig(path, {})).bootstrap.length, 1);
  });

  it("rejects an invalid proxy, a password on the command line, and settings that a proxy excludes", async () => {
    const refuses = async (text: string, setting: RegExp) => {
      await write(text);
      await assert.rejects(readConfig(path, {}), (error: Error & { code?: string }) => {
        assert.equal(error.code, "config-invalid");
        assert.match(error.message, setting);
        return !error.message.includes("secret");
      });
    };
    await refuses('{"proxy":"http://me:secret@127.0.0.1:8080"}', /: proxy is not a SOCKS5 proxy/);
    await refuses('{"proxy":"socks5://me:secret@tor.example:1"}', /: proxy needs the IP address/);
    await refuses('{"proxy":"socks5://127.0.0.1:9050","mdns":true}', /: mdns must not be true/);
    await refuses('{"proxy":"socks5://127.0.0.1:9050","portMapping":true}', /: portMapping/);
    await refuses('{"proxy":"socks5://127.0.0.1:9050","publicDht":true}', /: publicDht/);
    await write("{}");
    const invalid = { code: "proxy-invalid" };
    const told = readConfig(path, {}, { proxy: "socks5://me:secret@127.0.0.1:1" });
    await assert.rejects(told, (error: Error) => !error.message.includes("secret"));
    await assert.rejects(told, invalid);
    await assert.rejects(readConfig(path, {}, { proxy: "nonsense" }), invalid);
    await assert.rejects(readConfig(path, {}, { proxyFile: join(directory, "none") }), {
      code: "file-unreadable",
    });
    const file = join(directory, "proxy");
    await writeFile(file, "socks5://me:secret@127.0.0.1:9050\n");
    assert.equal((await readConfig(path, {}, { proxyFile: file })).proxy?.login?.user, "me");
    const both = { proxyFile: file, proxy: "socks5://127.0.0.1:9050" };
    await assert.rejects(readConfig(path, {}, both), invalid);
  });

  it("names the setting that it does not know or cannot take", async () => {
    const refused: [string, RegExp][] = [
      ['{"mdsn":true}', /mdsn/],
      ['{"mdns":"yes"}', /mdns/],
      ['{"bootstrap":["/ip4/1.2.3.4/tcp/1"]}', /bootstrap\.0/],
      ["{", /not JSON/],
      ["[]", /settings/],
    ];
    for (const [text, names] of refused) {
      await write(text);
      await assert.rejects(readConfig(path, {}), { code: "config-invalid", message: names }, text);
    }
    await assert.rejects(readConfig(join(directory, "none"), { SOTTO_LOG: "loud" }), {
      code: "config-invalid",
      message: /SOTTO_LOG/,
    });
  });

  it("refuses addresses of the command line that are none", async () => {
    await assert.rejects(readConfig(path, {}, { listen: ["localhost:80"] }), {
      code: "address-invalid",
    });
    await assert.rejects(readConfig(path, {}, { bootstrap: ["/ip4/1.2.3.4/tcp/1"] }), {
      code: "address-invalid",
    });
  });

  it("keeps bootstrap nodes in a file with mode 0600, each once, and other settings unchanged", async () => {
    await changeBootstrap(path, "add", HOST);
    await changeBootstrap(path, "add", HOST);
    await changeBootstrap(path, "add", OTHER);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await changeBootstrap(path, "remove", HOST);
    assert.deepEqual(JSON.parse(await readFile(path, "utf8")), { bootstrap: [OTHER] });
    await assert.rejects(changeBootstrap(path, "remove", HOST), { code: "address-invalid" });
    await changeBootstrap(path, "remove", HOST, true);
  });
});
