import assert from "node:assert/strict";
import { suggestedContact } from "../../../src/cli/runtime/suggest.ts";
import { shownContact } from "../contact.ts";

describe("the contact that is suggested for an unknown name", () => {
  const called = (name: string, more: object = {}) => ({ ...shownContact, name, ...more });
  const other = { account: shownContact.account, name: "anna" };

  it("has a similar name and is no request", () => {
    assert.equal(suggestedContact("ana", [called("bob"), called("anna")]), "anna");
    assert.equal(suggestedContact("ana", [called("bob")]), undefined);
    assert.equal(suggestedContact("ana", [called("anna", { pairing: "requested" })]), undefined);
    assert.equal(
      suggestedContact("zoe", [called("zo\u00eb")]),
      `zo\u00eb (account ${"b".repeat(16)})`,
    );
    assert.equal(suggestedContact("zo\u00e9", [called("zo\u00eb")]), "zo\u00eb");
  });

  it("is not one that may be taken for another, and is named by its account if it has other letters", () => {
    const cyrillic = "\u0430nna";
    assert.equal(suggestedContact("ana", [called(cyrillic, { looksLike: other })]), undefined);
    const found = suggestedContact("ana", [called(cyrillic)]);
    assert.equal(found, `${cyrillic} (account ${"b".repeat(16)})`);
  });
});
