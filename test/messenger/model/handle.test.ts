import assert from "node:assert/strict";
import fc from "fast-check";
import { limits } from "../../../src/base/index.ts";
import { deriveHandle, provisionalHandle } from "../../../src/messenger/model/handle.ts";

const ACCOUNT = "mfzwizltoq".padEnd(52, "a");
const free = (): boolean => false;
const derive = (name: string): string => deriveHandle(name, ACCOUNT, free);

describe("a handle", () => {
  it("is the name in lower-case ASCII, with hyphens between its parts", () => {
    const names: Readonly<Record<string, string>> = {
      Bob: "bob",
      "  Zoë  Müller-Lüdenscheidt ": "zoe-muller-ludenscheidt",
      "a.b_c@d": "a-b-c-d",
      "ﬁne ①": "fine-1",
      "---": "contact-mfzw",
      Ольга: "contact-mfzw",
      李: "contact-mfzw",
      "Ольга 7": "7",
      ["x1".repeat(20)]: "x1".repeat(16),
      [`${"x0".repeat(15)}1 y`]: `${"x0".repeat(15)}1`,
      // It could be taken for the start of an account id.
      "Abcdefghijklmno2!": "contact-mfzw",
      "Abcdefghijklmn2!": "abcdefghijklmn2",
    };
    for (const [name, handle] of Object.entries(names)) assert.equal(derive(name), handle, name);
  });

  it("is never a reserved word", () => {
    for (const word of ["me", "invite", "groups", "all", "node"])
      assert.equal(derive(word), `${word}-2`);
  });

  it("gets a number where it is taken, within its length", () => {
    const taken = new Set<string>();
    const next = (name: string): string => {
      const handle = deriveHandle(name, ACCOUNT, (one) => taken.has(one));
      taken.add(handle);
      return handle;
    };
    assert.deepEqual([next("bob"), next("Bob"), next("bob!")], ["bob", "bob-2", "bob-3"]);
    const long = "x1".repeat(25);
    for (let n = 0; n < 12; n++) assert.ok(next(long).length <= limits.handleLength);
    assert.equal(taken.size, 15);
  });

  it("has only its characters, whatever the name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (name) => {
        assert.match(derive(name), /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);
      }),
    );
  });

  it("is provisional for a contact without a name", () => {
    assert.equal(provisionalHandle(ACCOUNT, free), `contact-${ACCOUNT.slice(0, 16)}`);
    const other = provisionalHandle(ACCOUNT, (one) => !one.endsWith("-2"));
    assert.equal(other, `contact-${ACCOUNT.slice(0, 16)}-2`);
  });
});
