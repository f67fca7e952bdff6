import assert from "node:assert/strict";
import { SottoError } from "../../../src/base/index.ts";
import { shredRegularly } from "../../../src/daemon/node/shred-schedule.ts";
import { handClock } from "../hand-clock.ts";

describe("shredding now and then", () => {
  it("turns keys every few minutes and once more at the end, whatever fails", async () => {
    const clock = handClock();
    const events: string[] = [];
    let times = 0;
    const store = {
      shred: async () => {
        if (++times === 2) throw new SottoError("disk-full", "No space.");
      },
    };
    const log = (event: string, fields = {}) =>
      void events.push(`${event} ${JSON.stringify(fields)}`);
    const end = shredRegularly({ store, clock, log });
    assert.equal(times, 0);
    for (let time = 1; time <= 3; time++) {
      clock.pass(5 * 60_000);
      await Promise.resolve();
      assert.equal(times, time);
    }
    assert.deepEqual(events, ['shred-failed {"code":"disk-full"}']);
    await end();
    assert.equal(times, 4);
    clock.pass(60 * 60_000);
    assert.equal(times, 4);
  });
});
