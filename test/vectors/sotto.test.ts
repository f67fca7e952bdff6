import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { nobleCrypto, nodeCrypto } from "../../src/crypto/index.ts";
import { printed, recordFiles, type VectorFile } from "./generate-sotto.ts";
import { bytes, spelled, written } from "./notation.ts";
import { operations, queue } from "./operations.ts";
import { backup } from "./second/backup.ts";
import { formats } from "./second/formats.ts";
import { group } from "./second/group.ts";
import { groupLink } from "./second/group-link.ts";
import { groupOp } from "./second/group-op.ts";
import { handshake } from "./second/handshake.ts";
import { accountOf, rules } from "./second/rules.ts";

const folder = new URL("./", import.meta.url);
const names = readdirSync(folder).filter((name) => /^sotto-.*\.json$/.test(name));
const textOf = (name: string) => readFileSync(new URL(name, folder), "utf8");
const files = names.map((name) => ({ name, ...(JSON.parse(textOf(name)) as VectorFile) }));

describe("the project's vectors", () => {
  for (const { name, about, vectors } of files)
    for (const [provider, make] of [["node", nodeCrypto], ["noble", nobleCrypto]] as const)
      it(`${name} hold (${about}; ${provider})`, async () => {
        assert.ok(vectors.length > 0);
        for (const { name, operation, in: given, out } of vectors) {
          const run = operations[operation];
          assert.ok(run, `nothing reads ${operation}`);
          const got = await run((chance) => make(queue(chance)), given);
          assert.deepEqual(got, out, `${operation}: ${name}`);
        }
      });

  it("hold for a second implementation that knows nothing but SPEC and WIRE", () => {
    const second = { ...formats, ...rules, ...backup, ...group, ...groupOp, ...groupLink };
    const seen = new Set<string>();
    for (const { name: file, vectors } of files)
      for (const { name, operation, in: given, out } of vectors) {
        seen.add(operation);
        const run = second[operation];
        if (operation === "account.from-entropy")
          assert.deepEqual({ ...(out as object), ...accountOf(bytes(given, "entropy")) }, out);
        if (run) assert.deepEqual(run(given), out, `${file}: ${operation}: ${name}`);
      }
    // The words of BIP39 and the classes of Unicode are other people's tables.
    const without = [...seen].filter((operation) => !(operation in second)).sort();
    assert.deepEqual(without, ["account.from-entropy", "account.from-words", "name.clean"]);
  });

  it("of the handshake hold for it too, from the randomness that VECTORS defines", () => {
    const { vectors } = JSON.parse(textOf("noise_xxhfs_psk0.json")) as { vectors: Record<string, string>[] };
    assert.ok(vectors.length > 0);
    for (const { name, prologue, message1, message2, message3, firstMessage, firstAnswer, sessionId, pairRoot } of vectors) {
      const made = handshake(String(name), Buffer.from(String(prologue), "hex"));
      assert.deepEqual(made.messages.map((message) => message.toString("hex")), [message1, message2, message3]);
      assert.deepEqual(made.first.map((message) => message.toString("hex")), [firstMessage, firstAnswer]);
      assert.equal(made.sessionId.toString("hex"), sessionId);
      assert.equal(made.pairRoot.toString("hex"), pairRoot);
    }
  });

  it("hold a case of every operation, and a refusal of every decoder", () => {
    const seen = new Map<string, Set<boolean>>();
    for (const { vectors } of files)
      for (const { operation, out } of vectors) {
        const refused = typeof out === "object" && out !== null && "refused" in out;
        seen.set(operation, (seen.get(operation) ?? new Set()).add(refused));
      }
    assert.deepEqual([...seen.keys()].sort(), Object.keys(operations).sort());
    for (const [operation, kinds] of seen)
      if (/\.(?:decode|parse|open|read)$/.test(operation) && operation !== "position.decode")
        assert.deepEqual([...kinds].sort(), [false, true], operation);
  });

  it("are what their generator writes (node --import tsx test/vectors/generate-sotto.ts)", async () => {
    const recorded = await recordFiles();
    assert.deepEqual([...recorded.keys()].sort(), [...names].sort());
    for (const [name, file] of recorded) assert.ok(printed(file) === textOf(name), name);
  });

  it("are read by some test, those of others too", () => {
    const tests = readdirSync(new URL("../", folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => readFileSync(new URL(`../${path}`, folder), "utf8"))
      .join();
    const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const path of all.filter((path) => path.endsWith(".json") && !names.includes(path)))
      assert.ok(tests.includes(path.replace(/^.*\/|\.json$/g, "")), `nothing reads ${path}`);
  });

  it("are explained, each file and each operation, in docs/VECTORS.md", () => {
    const page = readFileSync(new URL("../../docs/VECTORS.md", folder), "utf8");
    for (const name of [...names, ...Object.keys(operations)])
      assert.ok(page.includes(`\`${name}\``), `${name} is not explained`);
  });

  it("have no two cases of one name under one operation", () => {
    for (const { name, vectors } of files) {
      const all = vectors.map((vector) => `${vector.operation}: ${vector.name}`);
      assert.deepEqual(all.filter((one, i) => all.indexOf(one) !== i), [], name);
    }
  });

  it("write bytes so that they can be read back", () => {
    for (const given of [new Uint8Array(0), new Uint8Array(15), new Uint8Array(16), Uint8Array.of(1, ...new Uint8Array(40), 2)])
      assert.deepEqual(spelled(written(given)), given);
    assert.deepEqual(bytes({ b: "01 0203*2" }, "b"), Uint8Array.of(1, 2, 3, 2, 3));
    for (const bad of ["0", "zz", "00*0", " 00", "00*"]) assert.throws(() => spelled(bad), bad);
  });
});
