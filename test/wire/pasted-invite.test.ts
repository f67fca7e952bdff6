import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../../src/base/index.ts";
import { encodeInvite, findInvite, type Invite } from "../../src/wire/index.ts";

const plain: Invite = {
  kind: "once",
  account: new Uint8Array(32).fill(3),
  secret: Uint8Array.from({ length: 16 }, (_, i) => i * 13),
  expiresAt: 1_800_000_000_000,
  hints: [],
};
const hinted: Invite = { ...plain, hints: ["/ip4/203.0.113.7/tcp/4001", "/dns4/a.example/tcp/1"] };
const why = (text: string) => {
  const parsed = findInvite(text);
  return parsed.kind === "refused" ? parsed.why : "found";
};

describe("wire/pasted-invite", () => {
  const wraps: Readonly<Record<string, (link: string) => string>> = {
    "in quotes": (link) => `"${link}"`,
    "in single quotes": (link) => `'${link}'`,
    "in typographic quotes": (link) => `\u201e${link}\u201c \u2039${link}\u203a`,
    "in brackets": (link) => `<${link}>`,
    "in a Markdown link": (link) => `[invite](${link})`,
    "before a full stop": (link) => `${link}.`,
    "before a comma": (link) => `${link}, please`,
    "in a sentence": (link) => `Add me on Sotto: ${link} within a day, please. See you\nanna`,
    "in upper case": (link) => link.toUpperCase(),
    "with slashes": (link) => link.replace("sotto:", "sotto://"),
    "in a quoted message": (link) => `> hi\n> > ${link}\n> bye`,
    "wrapped in a quoted message": (link) => `> ${link.replace(/.{40}/g, "$&\r\n> ")}\n> bye`,
    "wrapped with spaces": (link) => `${link.replace(/.{30}/g, "$& ")} see you`,
    "with a break after the scheme": (link) => link.replace("sotto:", "sotto:\n"),
    "with invisible characters": (link) => `\ufeff\u202a${link.replace(/.{9}/g, "$&\u200b")}\u2069`,
    "with soft hyphens": (link) => link.replace(/.{20}/g, "$&\u00ad"),
    "without its scheme": (link) => link.slice("sotto:".length),
    "without its scheme, in a sentence": (link) => `call it ${link.slice(6)}, see you`,
    "without its scheme, wrapped": (link) => link.slice(6).replace(/.{40}/g, "$&\n"),
    "after a damaged one": (link) => `${link.slice(0, 50)} (sorry) ${link}`,
  };
  for (const [where, wrap] of Object.entries(wraps))
    it(`finds an invite ${where}`, () => {
      for (const invite of [plain, hinted])
        assert.deepEqual(findInvite(wrap(encodeInvite(invite))), { kind: "invite", invite });
    });

  it("tells a damaged invite from none", () => {
    const link = encodeInvite(plain);
    const wrong = `${link.slice(0, 30)}${link[30] === "a" ? "b" : "a"}${link.slice(31)}`;
    for (const none of ["", "hello", "call me at seven", "https://example.org/c/abcdefgh", "c"])
      assert.equal(why(none), "invite-malformed", none);
    for (const cut of [`"${link.slice(0, -9)}"`, `${link.slice(0, 60)} thank you`, "sotto:"])
      assert.equal(why(cut), "invite-truncated", cut);
    for (const typo of [`"${wrong}".`, wrong.replace(/.{40}/g, "$&\n"), wrong.slice(6), `${link}a`])
      assert.equal(why(typo), "invite-mistyped", typo);
  });

  it("does not take an account id for a damaged invite", () => {
    assert.equal(why(`c${"a".repeat(51)}`), "invite-malformed");
  });

  it("refuses any other text, with bounded work", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        assert.notEqual(why(text), "found");
        assert.notEqual(why(`sotto:${text}`), "found");
      }),
    );
    const link = encodeInvite(plain);
    assert.equal(why(`${" ".repeat(limits.pastedInvite - link.length)}${link}`), "found");
    assert.equal(why(`${" ".repeat(limits.pastedInvite)}${link}`), "invite-malformed");
    const most = "ciaaaaaa ".repeat(limits.pastedInvite / 10);
    assert.equal(why(most), "invite-malformed");
    assert.notEqual(why("sotto:c".repeat(limits.pastedInvite / 8)), "found");
  });
});
