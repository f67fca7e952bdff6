import assert from "node:assert/strict";
import { type DirectoryFacts, requireSafeDirectory } from "../../src/api/index.ts";
import { SottoError } from "../../src/base/index.ts";

const ME = 1000;
const OTHER = 1001;
const facts = (uid: number, mode: number, isLink = false): DirectoryFacts => ({
  uid,
  mode,
  isLink,
});
const TMP = facts(0, 0o1777);
const HOME = facts(ME, 0o755);

/** Why the directory is refused; `undefined` if it is safe. */
function refusal(directory: DirectoryFacts, parent: DirectoryFacts): string | undefined {
  try {
    requireSafeDirectory("/tmp/sotto-1000", directory, parent, ME);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SottoError && error.code === "socket-unsafe");
    return error.message;
  }
}

describe("api/socket-directory", () => {
  it("accepts in /tmp only a directory of this user with mode 0700", () => {
    assert.equal(refusal(facts(ME, 0o700), TMP), undefined);
    assert.match(refusal(facts(ME, 0o755), TMP) ?? "", /mode must be 0700/);
    for (const mode of [0o1777, 0o750, 0o720, 0o710, 0o705, 0o702, 0o701])
      assert.match(refusal(facts(ME, mode), TMP) ?? "", /mode must be 0700/, mode.toString(8));
    for (const parent of [facts(ME, 0o770), facts(ME, 0o707)])
      assert.match(refusal(facts(ME, 0o755), parent) ?? "", /mode must be 0700/);
    assert.match(refusal(facts(OTHER, 0o700), TMP) ?? "", /belongs to another user/);
    assert.match(refusal(facts(0, 0o700), TMP) ?? "", /belongs to another user/);
    assert.match(refusal(facts(ME, 0o700, true), TMP) ?? "", /symbolic link/);
  });

  it("accepts elsewhere a directory in which no other user can replace a file", () => {
    for (const safe of [HOME, facts(ME, 0o700, true), facts(0, 0o755), TMP])
      assert.equal(refusal(safe, facts(0, 0o755)), undefined);
    for (const mode of [0o775, 0o757])
      assert.match(refusal(facts(ME, mode), HOME) ?? "", /written to by other users/);
    assert.match(refusal(facts(OTHER, 0o755), HOME) ?? "", /belongs to another user/);
    assert.match(refusal(facts(ME, 0o700), facts(OTHER, 0o755)) ?? "", /of another user/);
  });
});
