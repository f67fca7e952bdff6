import assert from "node:assert/strict";
import { type AccountId, limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { loadTokens } from "../../../src/daemon/home/tokens.ts";
import { type MemoryOptions, memoryStore } from "../../../src/store/memory-store.ts";
import { handClock } from "../hand-clock.ts";

const crypto = nodeCrypto();
const bob = "b".repeat(52) as AccountId;
const wanted = { name: "report", scope: "post", kind: "socket" } as const;

async function setUp(options: MemoryOptions = {}) {
  const store = memoryStore(options);
  const clock = handClock();
  const closed: string[] = [];
  const load = () => loadTokens({ store, crypto, clock, closed: (name) => closed.push(name) });
  return { store, clock, closed, load, tokens: await load() };
}

describe("daemon/tokens", () => {
  it("keep a hash of the secret, across starts, and the secret nowhere", async () => {
    const { store, tokens, load } = await setUp();
    const { token, secret } = await tokens.create({ ...wanted, peers: [bob] });
    assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(token.peers, [bob]);
    const rows = (await store.all("token")).map((row) => Buffer.from(row).toString());
    assert.equal(rows.length, 1);
    assert.ok(!rows.join().includes(secret));
    const again = await load();
    assert.deepEqual(again.list(), [token]);
    const found = again.find({ secret }, "socket");
    assert.deepEqual(found.access, { name: "report", scope: "post", peers: new Set([bob]) });
    assert.deepEqual(again.find({ name: "report" }, "socket"), found);
  });

  it("are refused with another secret, at another endpoint, and once revoked", async () => {
    const { tokens, closed, load } = await setUp();
    const { secret } = await tokens.create(wanted);
    const refused = { code: "token-refused" };
    assert.throws(() => tokens.find({ secret: `${secret}A` }, "socket"), refused);
    assert.throws(() => tokens.find({ secret: "" }, "socket"), refused);
    assert.throws(() => tokens.find({ secret }, "http"), refused);
    await tokens.revoke("report");
    assert.deepEqual(closed, ["report"]);
    assert.throws(() => tokens.find({ secret }, "socket"), refused);
    assert.throws(() => tokens.find({ name: "report" }, "socket"), refused);
    assert.deepEqual((await load()).list(), []);
    await assert.rejects(tokens.revoke("report"), { code: "token-unknown" });
  });

  it("stay as they are where a change cannot be stored", async () => {
    let isFull = false;
    const { tokens, closed } = await setUp({
      onCommit: () => {
        if (isFull) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      },
    });
    const { token, secret } = await tokens.create(wanted);
    isFull = true;
    await assert.rejects(tokens.create({ ...wanted, name: "other" }), {
      code: "store-write-failed",
    });
    await assert.rejects(tokens.noteUse("report"), { code: "store-write-failed" });
    // It is still stored, so it must not look revoked.
    for (let i = 0; i < 2; i++)
      await assert.rejects(tokens.revoke("report"), { code: "store-write-failed" });
    assert.deepEqual(tokens.list(), [token]);
    assert.deepEqual(tokens.find({ secret }, "socket").token, token);
    assert.deepEqual(closed, []);
  });

  it("are revoked for good while one is used", async () => {
    const { tokens, load } = await setUp();
    await tokens.create(wanted);
    await Promise.all([tokens.revoke("report"), tokens.noteUse("report")]);
    assert.deepEqual((await load()).list(), []);
  });

  it("have a name of their own, and are bounded in number", async () => {
    const { tokens } = await setUp();
    for (const name of ["", "a b", "a".repeat(33), "ä", "a/b"])
      await assert.rejects(tokens.create({ ...wanted, name }), { code: "token-invalid" });
    await tokens.create(wanted);
    await assert.rejects(tokens.create(wanted), { code: "token-exists" });
    for (let i = 1; i < limits.tokens; i++) await tokens.create({ ...wanted, name: `t${i}` });
    await assert.rejects(tokens.create({ ...wanted, name: "more" }), { code: "too-many-tokens" });
  });

  it("are listed from the oldest on, also after a restart", async () => {
    const { tokens, clock, load } = await setUp();
    for (const name of ["d", "b", "c", "a"]) {
      await tokens.create({ ...wanted, name });
      clock.pass(1);
    }
    for (const each of [tokens, await load()])
      assert.deepEqual(
        each.list().map(({ name }) => name),
        ["d", "b", "c", "a"],
      );
  });

  it("note the day of their last use, once a day", async () => {
    const { store, tokens, clock } = await setUp();
    await tokens.create(wanted);
    await tokens.noteUse("report");
    const [{ usedOn } = {}] = tokens.list();
    assert.equal(usedOn, Math.floor(clock.now() / 86_400_000) * 86_400_000);
    const before = await store.all("token");
    await tokens.noteUse("report");
    assert.deepEqual(await store.all("token"), before);
    clock.pass(86_400_000);
    await tokens.noteUse("report");
    assert.equal(tokens.list()[0]?.usedOn, (usedOn ?? 0) + 86_400_000);
  });
});
