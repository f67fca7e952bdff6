import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountId } from "../../../src/base/index.ts";
import { withMember } from "../../../src/daemon/settings/json-members.ts";
import {
  listSettings,
  readSetting,
  setSetting,
  unsetSettings,
} from "../../../src/daemon/settings/setting-list.ts";

describe("daemon/settings: list and change", () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-settings-"));
    path = join(directory, "config.json");
  });
  afterEach(() => rm(directory, { recursive: true }));
  const set = (name: string, ...texts: string[]) => setSetting(path, name, texts, false);
  const text = () => readFile(path, "utf8");

  it("lists each setting with its value, its default and whether the file names it", async () => {
    await writeFile(path, '{"decoys":8,"mdns":false}');
    const settings = new Map((await listSettings(path)).map((each) => [each.name, each]));
    const decoys = settings.get("decoys");
    assert.deepEqual([decoys?.value, decoys?.default, decoys?.set], [8, 0, true]);
    const mdns = settings.get("mdns");
    assert.deepEqual([mdns?.value, mdns?.default, mdns?.set], [false, true, true]);
    const retention = settings.get("retention");
    assert.deepEqual(
      [retention?.value, retention?.unset, retention?.set],
      [undefined, "forever", false],
    );
    assert.deepEqual(settings.get("listen")?.value, ["/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"]);
  });

  it("shows the defaults that apply with a proxy, and never its login", async () => {
    await writeFile(path, '{"proxy":"socks5://me:sec%40ret@127.0.0.1:9050"}');
    const settings = await listSettings(path);
    const shown = (key: string) => settings.find(({ name }) => name === key)?.value;
    assert.deepEqual([shown("listen"), shown("mdns"), shown("portMapping")], [[], false, false]);
    assert.equal(shown("proxy"), "socks5://***:***@127.0.0.1:9050");
    await writeFile(path, '{"proxy":"me:secret"}');
    assert.doesNotMatch(JSON.stringify(await listSettings(path)), /secret/);
  });

  it("takes texts as the setting's type, and lists as items or as JSON", async () => {
    const account = accountId.from(new Uint8Array(32).fill(1));
    await set("mdns", "false");
    await set("decoys", "16");
    await set("retention", "90d");
    await set("listen", "/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/2");
    await set("allow", JSON.stringify([account]));
    assert.deepEqual(JSON.parse(await text()), {
      mdns: false,
      decoys: 16,
      retention: "90d",
      listen: ["/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/2"],
      allow: [account],
    });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual((await set("allow", "[]")).value, []);
  });

  it("refuses an unknown key and a wrong value, says why, and leaves the file", async () => {
    await writeFile(path, '{"mdns": true}');
    for (const [why, name, ...texts] of [
      ["There is no setting", "mdsn", "true"],
      ["mdns: must be true or false.", "mdns", "yes"],
      ["decoys: must be a whole number from 0 to 64.", "decoys", "65"],
      ["decoys: must be a whole number from 0 to 64.", "decoys", "1e999"],
      ["lockAfterMinutes: must be a whole number of minutes", "lockAfterMinutes", "0.5"],
      ["retention: is not a time", "retention", "1m"],
      ['listen: "localhost" is not an address', "listen", "localhost"],
      ["allow: 1 must be a string", "allow", "[1]"],
      ["listen: has more than 16 items", "listen", ...Array(17).fill("/ip4/127.0.0.1/tcp/1")],
      ["This setting has one value, not 2.", "mdns", "true", "false"],
      ["proxy is not a SOCKS5 proxy", "proxy", "http://127.0.0.1:80"],
    ] as const)
      await assert.rejects(set(name, ...texts), (error: Error & { code?: string }) => {
        assert.equal(error.code, "usage", `${name}: ${error.message}`);
        assert.ok(error.message.startsWith(why), error.message);
        return true;
      });
    assert.equal(await text(), '{"mdns": true}');
  });

  it("accepts a proxy's login only where no other program reads it", async () => {
    const address = "socks5://me:secret@127.0.0.1:9050";
    await assert.rejects(set("proxy", address), (error: Error & { code?: string }) => {
      assert.equal(error.code, "usage");
      return error.message.includes("set proxy -") && !error.message.includes("secret");
    });
    const setting = await setSetting(path, "proxy", [address], true);
    assert.equal(setting.value, "socks5://***:***@127.0.0.1:9050");
    assert.equal(JSON.parse(await text()).proxy, address);
    await assert.rejects(set("mdns", "true"), { code: "config-invalid", message: /mdns/ });
  });

  it("writes nothing over a file that is damaged, unreadable, or invalid elsewhere", async () => {
    for (const damaged of ['{"mdns":', "[]", "null", '{"decoys":"many"}', '{"mdsn":true}']) {
      await writeFile(path, damaged);
      await assert.rejects(set("mdns", "true"), { code: "config-invalid" }, damaged);
      assert.equal(await text(), damaged);
    }
    if (process.getuid?.() === 0) return;
    await chmod(path, 0);
    await assert.rejects(set("mdns", "true"));
  });

  it("removes settings, and wrong keys that a node refuses", async () => {
    await writeFile(path, '{"mdsn": true, "decoys": "many", "receipts": false}');
    await assert.rejects(unsetSettings(path, ["mdsn"]), { message: /decoys/ });
    await assert.rejects(unsetSettings(path, ["other"]), { code: "usage" });
    assert.equal((await unsetSettings(path, ["mdsn", "decoys"]))[0]?.value, 0);
    assert.equal(await text(), '{"receipts": false}');
    assert.equal((await readSetting(path, "receipts")).value, false);
  });

  it("creates no file to remove a setting from", async () => {
    await unsetSettings(path, ["mdns"]);
    await assert.rejects(stat(path), { code: "ENOENT" });
  });
});

describe("daemon/settings: edits of a JSON text", () => {
  it("replaces, adds and removes a member, and leaves the other text", () => {
    const lines = '{\n    "a": [1,  2],\n    "b" : {"c":"}, \\"d\\": 1"}\n}\n';
    assert.equal(withMember(lines, "a", 5), lines.replace("[1,  2]", "5"));
    assert.equal(withMember(lines, "b", true), lines.replace(/\{"c.*\}(?=\n)/, "true"));
    assert.equal(
      withMember(lines, "e", ["x"]),
      lines.replace(/\n\}\n$/, ',\n    "e": [\n      "x"\n    ]\n}\n'),
    );
    assert.equal(withMember(lines, "a", undefined), lines.replace(/"a": .*,\n {4}/, ""));
    assert.equal(withMember(lines, "b", undefined), lines.replace(/,\n {4}"b".*/, ""));
    assert.equal(withMember('{"a":1}', "b", [2]), '{"a":1,"b":[2]}');
    assert.equal(withMember("{}\n", "a", 1), '{\n  "a": 1\n}\n');
    assert.equal(withMember('{ "a": 1 }', "a", undefined), "{ }");
  });

  it("agrees with JSON.parse for any object and change", () => {
    const values = [0, -1.5e3, "", '"}],\\', true, null, [], {}, [1, [2, { a: "]" }]], { "": {} }];
    const keys = ["a", 'b"', "\\", "ü", ""];
    for (let round = 0; round < 300; round++) {
      const chosen = keys.filter((_, index) => (round >> index) & 1);
      const object = Object.fromEntries(
        chosen.map((key, index) => [key, values[(round + index) % values.length]]),
      );
      const text = JSON.stringify(object, null, round % 3);
      const key = keys[round % keys.length] ?? "";
      const value = round % 4 === 0 ? undefined : values[(round * 7) % values.length];
      const { [key]: _, ...rest } = object;
      const expected = value === undefined ? rest : { ...object, [key]: value };
      assert.deepEqual(JSON.parse(withMember(text, key, value)), expected, text);
    }
  });

  it("counts the last of repeated names, however they are written", () => {
    const repeated = '{"a":1,"\\u0061":2,"b":3}';
    assert.equal(JSON.parse(withMember(repeated, "a", 4)).a, 4);
    assert.equal(withMember(repeated, "a", undefined), '{"b":3}');
  });
});
