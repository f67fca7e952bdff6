import fc from "fast-check";
import { replay } from "../../src/group/replay.ts";
import { historiesOf } from "./histories.ts";
import { laws } from "./laws.ts";

// Thousands of histories: test/slow/group.
describe("group/replay, for every history", () => {
  for (const [law, holds] of Object.entries(laws))
    it(law, () =>
      fc.assert(fc.property(historiesOf(replay), fc.nat(10_000), holds), { numRuns: 40 }),
    );
});
