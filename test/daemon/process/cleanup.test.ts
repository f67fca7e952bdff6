import assert from "node:assert/strict";
import { createCleanup } from "../../../src/daemon/process/cleanup.ts";

describe("daemon/cleanup", () => {
  it("releases the last acquired first, and all of it where one fails", async () => {
    const cleanup = createCleanup();
    const released: number[] = [];
    cleanup.take(() => void released.push(1));
    cleanup.take(() => Promise.reject(new Error("second")));
    cleanup.take(() => void released.push(3));
    await assert.rejects(cleanup.all(), { message: "second" });
    assert.deepEqual(released, [3, 1]);
    cleanup.take(() => void released.push(4));
    await cleanup.all();
    assert.deepEqual(released, [3, 1, 4]);
  });

  it("releases nothing where nothing was acquired, and later what was", async () => {
    const cleanup = createCleanup();
    await cleanup.all();
    let isReleased = false;
    cleanup.take(() => {
      isReleased = true;
    });
    await cleanup.all();
    assert.ok(isReleased);
  });

  it("releases in order and waits for it, although it is called twice", async () => {
    const cleanup = createCleanup();
    const released: number[] = [];
    let finish = (): void => undefined;
    cleanup.take(() => void released.push(1));
    cleanup.take(async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      released.push(2);
    });
    const calls = [cleanup.all(), cleanup.all()];
    await new Promise(setImmediate);
    assert.deepEqual(released, []);
    finish();
    await Promise.all(calls);
    assert.deepEqual(released, [2, 1]);
  });
});
