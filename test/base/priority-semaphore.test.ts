import assert from "node:assert/strict";
import { PrioritySemaphore } from "../../src/base/index.ts";

describe("base: places", () => {
  it("runs no more jobs at one time than there are places, and all of them in order", async () => {
    const places = new PrioritySemaphore(2);
    const order: number[] = [];
    let running = 0;
    const jobs = [0, 1, 2, 3, 4].map((index) =>
      places.run(async () => {
        assert.ok(++running <= 2);
        order.push(index);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (index === 1) throw new Error("failed");
      }),
    );
    const ends = await Promise.allSettled(jobs);
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    assert.equal(ends.filter(({ status }) => status === "rejected").length, 1);
  });

  it("go to urgent jobs first, even to those that become so while they wait, and some to them alone", async () => {
    const places = new PrioritySemaphore(1, 1);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const job = (name: string, urgent?: () => boolean) =>
      places.run(() => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      }, urgent);
    let wanted = false;
    const jobs = [
      job("first"),
      job("second"),
      job("wanted", () => wanted),
      job("urgent", () => true),
    ];
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    await settle();
    assert.deepEqual(begun, ["first", "urgent"]);
    wanted = true;
    for (const end of ends) end();
    await settle();
    for (const end of ends) end();
    await settle();
    for (const end of ends) end();
    await Promise.all(jobs);
    assert.deepEqual(begun, ["first", "urgent", "wanted", "second"]);
  });
});
