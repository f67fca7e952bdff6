import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { watchLag } from "../../../src/daemon/bootstrap/metrics-server.ts";

/** A clock whose only timer runs late by as much as the event loop is blocked. */
function blockableClock() {
  let now = 0;
  let timer: { readonly at: number; readonly job: () => void } | undefined;
  const run = (): void => {
    const due = timer;
    timer = undefined;
    due?.job();
  };
  return {
    clock: {
      now: () => now,
      after(ms: number, job: () => void) {
        timer = { at: now + ms, job };
        return () => {
          timer = undefined;
        };
      },
    },
    elapsed: () => now,
    stopped: () => timer === undefined,
    pass(ms: number): void {
      for (const end = now + ms; timer !== undefined && timer.at <= end; ) {
        now = timer.at;
        run();
      }
    },
    block(ms: number): void {
      now += ms;
      run();
    },
  };
}

describe("the delay of the event loop of a bootstrap node", () => {
  const PERIOD = limits.bootstrapLagPoll;

  it("is seen whenever it begins, for at least one period and at most two", () => {
    for (let began = 0; began <= 2 * PERIOD; began += 10) {
      const machine = blockableClock();
      const lag = watchLag(machine.clock, machine.elapsed);
      machine.pass(began);
      assert.equal(lag.worst(), 0);
      machine.block(2_500);
      assert.ok(lag.worst() > 2_400, `begun at ${began}`);
      machine.pass(PERIOD - 100);
      assert.ok(lag.worst() > limits.bootstrapLag, `begun at ${began}`);
      machine.pass(PERIOD + 200);
      assert.equal(lag.worst(), 0, `begun at ${began}`);
    }
  });

  it("is measured no longer when it was stopped", () => {
    const machine = blockableClock();
    const lag = watchLag(machine.clock, machine.elapsed);
    machine.pass(PERIOD);
    lag.stop();
    assert.ok(machine.stopped());
  });
});
