import assert from "node:assert/strict";
import { passphraseStrength, requirePassphrase } from "../../src/base/index.ts";

describe("the strength of a passphrase", () => {
  it("is refused below eight characters, or if the characters are a pattern", () => {
    for (const text of [
      "",
      "one",
      "x7Q!r9L",
      "🙂🙂🙂🙂",
      "ﬁﬁﬁ",
      "aaaaaaaaaaaa",
      "12345678",
      "87654321",
    ])
      assert.equal(passphraseStrength(text), "refused", text);
    for (const text of ["abcdefghijkl", "abababababab", "1212121212", "        "])
      assert.equal(passphraseStrength(text), "refused", text);
    assert.throws(() => requirePassphrase("secret"), { code: "passphrase-weak" });
    requirePassphrase("password");
  });

  it("is weak for one word, with or without a number", () => {
    for (const text of [
      "password",
      "Password123!",
      "correct horse",
      "iloveyou1",
      "19840521190",
      "x7Q!r9Lw",
    ])
      assert.equal(passphraseStrength(text), "weak", text);
  });

  it("is good for four words, or twelve characters of every kind, in any script", () => {
    for (const text of [
      "correct horse battery staple",
      "x7Q!r9Lw2#zT",
      "Der Apfel fällt nicht weit",
      "правильная лошадь батарея",
      "четыре Случайных слова 7",
    ])
      assert.equal(passphraseStrength(text), "good", text);
  });

  it("does not depend on how the keyboard composes an accent", () => {
    for (const text of ["pâté réchauffé", "Ångström über alles"])
      assert.equal(passphraseStrength(text.normalize("NFD")), passphraseStrength(text));
  });
});
