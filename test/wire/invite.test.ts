import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, fromBase32, limits, toBase32, u32, utf8 } from "../../src/base/index.ts";
import { checksum } from "../../src/wire/crc32.ts";
import { encodeInvite, type Invite, parseInvite } from "../../src/wire/index.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hint = fc.stringMatching(/^\/[!-~]{1,60}$/);
const invite: fc.Arbitrary<Invite> = fc.record(
  {
    kind: fc.constantFrom("once" as const, "reusable" as const),
    account: bytes(32),
    secret: bytes(16),
    expiresAt: fc.integer({ min: 0, max: 0xffffffff }).map((minutes) => minutes * 60_000),
    hints: fc.oneof(fc.constant([]), fc.array(hint, { maxLength: limits.inviteHints })),
  },
  { noNullPrototype: true },
);
const plain: Invite = {
  kind: "once",
  account: new Uint8Array(32).fill(3),
  secret: Uint8Array.from({ length: 16 }, (_, i) => i * 13),
  expiresAt: 1_800_000_000_000,
  hints: [],
};
const hinted: Invite = { ...plain, hints: ["/ip4/203.0.113.7/tcp/4001", "/dns4/a.example/tcp/1"] };
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The link of these bytes under a checksum that fits. */
const link = (...parts: Uint8Array[]) => {
  const body = concat(...parts);
  return `sotto:${toBase32(concat(body, checksum(body)))}`;
};
const why = (text: string) => {
  const parsed = parseInvite(text);
  return parsed.kind === "refused" ? parsed.why : "taken";
};

describe("wire/invite", () => {
  it("gives every invite back", () => {
    fc.assert(
      fc.property(invite, (value) => {
        assert.deepEqual(parseInvite(encodeInvite(value)), { kind: "invite", invite: value });
      }),
    );
  });

  it("is shorter than 100 characters without hints", () => {
    assert.equal(encodeInvite(plain).length, 98);
  });

  it("takes any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        assert.equal(parseInvite(text).kind, "refused");
        assert.equal(parseInvite(`sotto:${text}`).kind, "refused");
      }),
    );
  });

  it("tolerates what pasting and QR codes do to a link", () => {
    for (const value of [plain, hinted]) {
      const text = encodeInvite(value);
      for (const pasted of [
        `  ${text}\n`,
        text.toUpperCase(),
        text.replace("sotto:", "sotto://"),
        text.replace("sotto:", "Sotto:"),
        text.replace(/.{40}/g, "$&\r\n  "),
        `\u00a0${text}\u2028`,
      ])
        assert.deepEqual(parseInvite(pasted), { kind: "invite", invite: value });
    }
  });

  it("refuses every replaced character", () => {
    for (const text of [encodeInvite(plain), encodeInvite(hinted)])
      for (let at = 0; at < text.length; at++)
        for (const other of `${ALPHABET}:/0189-é`) {
          if (other === text[at]) continue;
          const bent = text.slice(0, at) + other + text.slice(at + 1);
          assert.notEqual(why(bent), "taken", bent);
        }
  });

  it("refuses every missing, added, doubled or swapped character", () => {
    for (const text of [encodeInvite(plain), encodeInvite(hinted)])
      for (let at = 0; at < text.length; at++) {
        const [before, after] = [text.slice(0, at), text.slice(at + 1)];
        const here = text[at] as string;
        assert.notEqual(why(before + after), "taken");
        for (const other of ALPHABET) assert.notEqual(why(before + other + here + after), "taken");
        const next = after[0];
        if (next === undefined || next === here) continue;
        assert.notEqual(why(before + next + here + after.slice(1)), "taken");
      }
  });

  it("refuses random links with a typing error", () => {
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const letter = fc.constantFrom(...ALPHABET);
    fc.assert(
      fc.property(invite, place, letter, (value, where, other) => {
        const text = encodeInvite(value);
        const at = Math.floor(where * text.length);
        const [before, here, after] = [text.slice(0, at), text[at], text.slice(at + 1)];
        if (here !== other) assert.notEqual(why(before + other + after), "taken");
        assert.notEqual(why(before + after), "taken");
        assert.notEqual(why(before + other + here + after), "taken");
        const next = after[0];
        if (next !== undefined && next !== here)
          assert.notEqual(why(before + next + here + after.slice(1)), "taken");
      }),
      { numRuns: 500 },
    );
  });

  it("distinguishes a truncated link from a mistyped one", () => {
    for (const text of [encodeInvite(plain), encodeInvite(hinted)]) {
      for (let length = "sotto:".length; length < text.length; length++)
        assert.equal(why(text.slice(0, length)), "invite-truncated", `${length}`);
      const at = 30;
      const other = text[at] === "a" ? "b" : "a";
      assert.equal(why(text.slice(0, at) + other + text.slice(at + 1)), "invite-mistyped");
      assert.equal(why(`${text.slice(0, at)}0${text.slice(at + 1)}`), "invite-mistyped");
    }
  });

  it("refuses as malformed what is no link, has a foreign scheme, or continues after its end", () => {
    const text = encodeInvite(plain);
    for (const bad of ["", "hello", text.slice(6), text.replace("sotto", "http"), `${text}aa`])
      assert.equal(why(bad), "invite-malformed", bad);
    assert.equal(why(`${text}.`), "invite-malformed");
    assert.equal(why(text + " ".repeat(5000)), "invite-malformed");
  });

  it("distinguishes a newer version from a typing error in the version", () => {
    const rest = new Uint8Array(60).fill(5);
    assert.equal(why(link(Uint8Array.of(0x20), rest)), "invite-newer");
    assert.equal(why(link(Uint8Array.of(0x14), rest)), "invite-newer");
    const text = encodeInvite(plain);
    assert.equal(why(`sotto:e${text.slice(7)}`), "invite-mistyped");
  });

  it("refuses hints that are none, or that disagree with the flags", () => {
    const fixed = concat(plain.account, plain.secret, u32(30_000_000));
    const withHints = (...block: number[]) =>
      link(Uint8Array.of(0x12, 0, block.length), fixed, Uint8Array.from(block));
    const text = (value: string) => [value.length, ...utf8(value)];
    assert.equal(why(withHints(...text("/ip4"))), "taken");
    assert.equal(why(withHints()), "invite-malformed");
    assert.equal(why(withHints(...text("ip4"))), "invite-malformed");
    assert.equal(why(withHints(...text("/a b"))), "invite-malformed");
    assert.equal(why(withHints(2, 47, 200)), "invite-malformed");
    assert.equal(why(withHints(9, 47, 47)), "invite-malformed");
    assert.equal(why(withHints(0)), "invite-malformed");
    const five = Array.from({ length: 5 }, () => text("/ip4")).flat();
    assert.equal(why(withHints(...five)), "invite-malformed");
    assert.equal(why(withHints(...text(`/${"a".repeat(127)}`))), "taken");
    assert.equal(why(withHints(...text(`/${"a".repeat(128)}`))), "invite-malformed");
  });

  it("does not encode what breaks a bound", () => {
    for (const bad of [
      { account: new Uint8Array(31) },
      { secret: new Uint8Array(17) },
      { expiresAt: 60_001 },
      { expiresAt: -60_000 },
      { expiresAt: 2 ** 32 * 60_000 },
      { hints: ["ip4"] },
      { hints: ["/a\n"] },
      { hints: new Array(limits.inviteHints + 1).fill("/ip4") },
    ])
      assert.throws(() => encodeInvite({ ...plain, ...bad }), RangeError);
  });

  it("gives the check value of CRC-32/BZIP2", () => {
    assert.deepEqual(checksum(utf8("123456789")), Uint8Array.of(0xfc, 0x89, 0x19, 0x18));
  });

  it("has one spelling in lower case", () => {
    const text = encodeInvite(plain);
    const decoded = fromBase32(text.slice(6));
    assert.ok(decoded);
    assert.equal(toBase32(decoded), text.slice(6));
  });
});
