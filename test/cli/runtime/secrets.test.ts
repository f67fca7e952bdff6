import assert from "node:assert/strict";
import { written } from "../../../src/base/index.ts";
import { phraseTable } from "../../../src/cli/format/format.ts";
import type { Context } from "../../../src/cli/runtime/context.ts";
import { createPrinter, flagsOf } from "../../../src/cli/runtime/print.ts";
import { newPassphrase, phraseIn } from "../../../src/cli/runtime/secrets.ts";

/** Not a valid phrase, but 24 words. */
const WORDS = Array.from({ length: 24 }, (_, i) => `word${"abcdefgh"[i % 8]}`).join(" ");
const words = (text: string): string => phraseIn(text).split(/\s+/).filter(Boolean).join(" ");

describe("the recovery phrase in a file", () => {
  it("is read as sotto words printed it", () => {
    assert.equal(words(`${WORDS}\n`), WORDS);
    assert.equal(words(`${written(phraseTable(WORDS))}\n`), WORDS);
    assert.equal(words(`${JSON.stringify({ words: WORDS })}\n`), WORDS);
  });

  it("is read as others number it, and left to the check of the words otherwise", () => {
    const numbered = WORDS.split(" ").map((word, i) => `${i + 1}) ${word}`);
    assert.equal(words(numbered.join("\r\n")), WORDS);
    assert.equal(words('{"words": 24}'), '{"words": 24}');
    assert.equal(words("{"), "{");
  });
});

describe("a new passphrase at a prompt", () => {
  const GOOD = "the first of two passphrases";

  /** What becomes of these texts, typed in turn; a refused one is asked for again. */
  async function typing(...texts: string[]) {
    let shown = "";
    const stream = {
      isTTY: true,
      write(text: string) {
        shown += text;
      },
    };
    const out = createPrinter(flagsOf([], {}), stream, stream);
    const context = { interactive: true, out } as unknown as Context;
    const passphrase = await newPassphrase(context, async (_question, refusal) => {
      const typed = texts.shift();
      assert.ok(typed !== undefined && refusal?.(typed) === undefined, "refused");
      return typed;
    });
    return { passphrase, shown };
  }

  it("is what was typed twice", async () => {
    assert.deepEqual(await typing(GOOD, GOOD), { passphrase: GOOD, shown: "" });
  });

  it("is refused where the second text is another one", async () => {
    for (const second of ["another passphrase of many words", `${GOOD} `, GOOD.toUpperCase()])
      await assert.rejects(typing(GOOD, second), { code: "passphrases-differ" });
  });

  it("is refused by the prompt where it is too short, and shown nowhere", async () => {
    await assert.rejects(typing("secret", "secret"), /refused/);
    const { shown } = await typing("password1", "password1");
    assert.match(shown, /weak/);
    assert.doesNotMatch(shown, /password1/);
  });

  it("needs a terminal", async () => {
    const context = { interactive: false } as Context;
    await assert.rejects(newPassphrase(context), { code: "passphrase-needed" });
  });
});
