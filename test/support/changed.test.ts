import assert from "node:assert/strict";
import { testsReaching } from "../../scripts/test/changed.ts";
import { affectable, filesOf } from "../../scripts/test/suites.ts";

describe("the tests that a change can affect", () => {
  const tests = filesOf(affectable);
  /**
   * Those of a change, without the tests of the repository as a whole, which always run, and
   * without this file, which names what it plants as changed.
   */
  const affected = (...changed: string[]) =>
    testsReaching(changed, tests).filter(
      (test) => !/^test\/(?:architecture|docs|support)\//.test(test),
    );

  it("are those that import the file, directly or through others", () => {
    const found = affected("src/search/postings.ts");
    assert.ok(found.includes("test/search/postings.test.ts"));
    assert.ok(found.includes("test/messenger/messages/search.test.ts"));
    assert.ok(!found.includes("test/crypto/kem.test.ts"));
  });

  it("are those that name it: a fixture, a folder that they read, a script that they start", () => {
    const includes = (changed: string, test: string) =>
      assert.ok(affected(changed).includes(test), `${changed} affects ${test}`);
    includes("test/vectors/wycheproof/x25519.json", "test/crypto/wycheproof.test.ts");
    includes("src/crypto/xchacha.ts", "test/crypto/providers.test.ts");
    includes("test/node/exit-after-stop.ts", "test/node/start.test.ts");
    includes("test/secrets/lock-child.ts", "test/secrets/secrets.test.ts");
    includes("src/cli/main.ts", "test/cli/disk.test.ts");
  });

  it("are all of them for a change of what all of them share", () => {
    for (const path of ["package.json", "test/support/setup.ts", ".mocharc.json"])
      assert.deepEqual(testsReaching([path], tests), tests);
  });

  it("are only those of the repository as a whole for a page, and none for no change", () => {
    assert.deepEqual(affected("README.md"), []);
    assert.ok(testsReaching(["README.md"], tests).includes("test/docs/links.test.ts"));
    assert.deepEqual(testsReaching([], tests), []);
  });
});
