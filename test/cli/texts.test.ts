import assert from "node:assert/strict";
import { stringsOf } from "../architecture/scan.ts";
import { helpTexts, sourceTexts, type Text, tableTexts } from "./texts.ts";

/** Words that this project once used in a meaning of its own. The standard terms replace them. */
const dialect = [
  "whoever",
  "whomever",
  "somebody",
  "anybody",
  "nobody",
  "everybody",
  "anew",
  "mend(?:s|ed|ing)?",
  "in vain",
  "meanwhile",
  "for ever",
  "now and then",
  "for as long",
  "(?:the|other|this|that|each) person(?:'s)?",
  "sign of life",
  "strangers?",
  "bootstrap hosts?",
  "(?:the|other|another|our|no|one|of) hosts?(?! key)",
  "neighbours?",
  "walls?",
  "beside",
  "announced",
  "gone",
  "(?:given|gives?|gave) up",
  "pass(?:ed|es)? on",
  "guard(?:s|ed|ing)?",
  "tell(?:s)? of",
  "told",
  "stands?",
  "lies",
  "comes? to nothing",
  "bring(?:s)? back",
  "followers?",
  "wide routing table",
];
const pattern = new RegExp(`\\b(?:${dialect.join("|")})\\b`, "gi");

const found = (texts: readonly Text[]): string[] =>
  texts.flatMap(({ where, text }) =>
    [...text.matchAll(pattern)].map(([word]) => `${where}: ${word}`),
  );

/** Strings with a space are texts; others are codes, keys and names. */
const sentences = () => sourceTexts().filter(({ text }) => text.trim().includes(" "));

describe("the texts that a user sees", () => {
  it("are collected from help, tables and source", async () => {
    const help = await helpTexts();
    const policy = help.find(({ where }) => where === "sotto contacts policy --help");
    assert.match(policy?.text ?? "", /Usage: .*\n[\s\S]*treated as an unknown peer/);
    assert.ok(help.length > 50);
    assert.ok(tableTexts().some(({ text }) => text === "Start it: sotto up."));
    const texts = sourceTexts();
    assert.ok(texts.some(({ text }) => text === "The node is locked."));
    assert.ok(
      texts.some(({ text }) => text === "✓ the store is intact: "),
      "a template",
    );
  });

  it("show a dialect word that is planted in a string or template, not in a comment", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source text
    const source = 'const a = `x ${b("somebody is here")} anew`; // whoever\nconst c = 1;\n';
    const texts = stringsOf(source).map(({ text, line }) => ({ where: `${line}`, text }));
    assert.deepEqual(found(texts), ["1: somebody", "1: anew"]);
  });

  it("use no dialect word in the help of any command", async () => {
    assert.deepEqual(found(await helpTexts()), []);
  });

  it("use no dialect word in errors, findings, causes and remedies", () => {
    assert.deepEqual(found(tableTexts()), []);
  });

  it("use no dialect word in any string of the source", () => {
    assert.deepEqual(found(sentences()), []);
  });
});
