import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measured, unmasked } from "./child.ts";

describe("secrets that have done their work", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sotto-secrets-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("of handshake and ratchet are in no array and no string, while the sessions live and after", async function () {
    this.timeout(60_000);
    const [snapshot, list] = [join(directory, "snapshot"), join(directory, "secrets")];
    const { live, ended, end } = await measured("ratchet-child.ts", snapshot, list);
    end();
    // The search sees: what the sessions hold on purpose is found.
    assert.ok((live.kept["chain key"] ?? 0) > 0 && (live.kept["ratchet message key"] ?? 0) > 0);
    assert.ok((live.made["ratchet message key"] ?? 0) >= 300);
    assert.deepEqual(live.lingering, {});
    assert.deepEqual(ended.lingering, {});
    assert.deepEqual(ended.kept, {});
    // Node's own parser of keys goes by way of a small Buffer (docs/THREATS.md): nothing else may.
    for (const { pooled } of [live, ended])
      assert.deepEqual(
        Object.keys(pooled).filter((kind) => kind !== "one-time X25519 secret"),
        [],
      );

    const strings = readFileSync(snapshot, "latin1");
    assert.ok(
      strings.includes("one-time X25519 secret"),
      "strings of the heap are in the snapshot",
    );
    const secrets = JSON.parse(readFileSync(list, "utf8")) as { kind: string; masked: string }[];
    for (const { kind, masked } of secrets) {
      const secret = unmasked(masked);
      for (const form of ["hex", "base64", "base64url"] as const)
        assert.ok(
          !strings.includes(secret.toString(form).replace(/=+$/, "")),
          `${kind} as ${form}`,
        );
    }
  });

  it("of two whole messengers go with their work, and all of them with the nodes", async function () {
    this.timeout(60_000);
    const { live, ended } = await measured("messenger-child.ts");
    assert.ok((live.made["ratchet message key"] ?? 0) > 200);
    assert.ok((live.kept["chain key"] ?? 0) > 0, "the search sees");
    const gone = [
      "ratchet message key",
      "half a message key",
      "X25519 output",
      "ML-KEM output",
      "session keys",
      "pair root",
      "noise key",
      "post-quantum chain",
      "hello seal",
      "answer seal",
      "invite root",
      "invite epoch",
      "account key",
      "next root",
      "chain key",
      "ratchet root",
      "ML-KEM secret",
      "one-time X25519 secret",
      "post-quantum epoch",
    ];
    assert.deepEqual(
      gone.filter((kind) => kind in live.lingering),
      [],
    );
    assert.deepEqual([ended.lingering, ended.kept], [{}, {}]);
  });

  it("of a store, and every message, go when the node is locked, though it runs on", async function () {
    this.timeout(60_000);
    const [snapshot, list] = [join(directory, "snapshot"), join(directory, "secrets")];
    const { live, ended } = await measured(
      "lock-child.ts",
      join(directory, "homes"),
      snapshot,
      list,
    );
    for (const kind of ["store seal", "store blind", "store tally"])
      assert.equal(live.lingering[kind], 1, `the search sees: ${kind}`);
    assert.ok((live.made["store key"] ?? 0) > 0 && (live.made.message ?? 0) > 0);
    // Node's own parser of keys leaves some of these in slabs that small Buffers were cut from
    // (docs/THREATS.md).
    const slabs = ["account key", "one-time X25519 secret", "record signing key"];
    const lingering = Object.keys(ended.lingering).filter((kind) => !slabs.includes(kind));
    assert.deepEqual(lingering, []);

    const strings = readFileSync(snapshot);
    assert.ok(strings.includes("kept on purpose"), "strings of the heap are in the snapshot");
    const secrets = JSON.parse(readFileSync(list, "utf8")) as { kind: string; masked: string }[];
    for (const { kind, masked } of secrets) {
      const secret = unmasked(masked);
      assert.ok(!strings.includes(secret), kind);
      for (const form of ["hex", "base64", "base64url"] as const)
        assert.ok(
          !strings.includes(secret.toString(form).replace(/=+$/, "")),
          `${kind} as ${form}`,
        );
    }
  });
});
