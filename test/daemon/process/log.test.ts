import assert from "node:assert/strict";
import { createLog, type LogLevel } from "../../../src/daemon/process/log.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";

function lines(level: LogLevel, write: (log: ReturnType<typeof createLog>) => void): object[] {
  const said: object[] = [];
  write(createLog(level, systemClock, (line) => said.push(JSON.parse(line))));
  return said;
}

describe("daemon/log", () => {
  it("drops every field that is not on the list", () => {
    const [line] = lines("info", (log) =>
      log("x", { code: "a", name: "bob", text: "hi", key: "k" }),
    );
    assert.deepEqual(Object.keys(line ?? {}), ["time", "level", "event", "code"]);
  });

  it("tells warnings by their name, and everything only where it is asked for", () => {
    const both = (log: ReturnType<typeof createLog>) => {
      log("node.started");
      log("answer-failed");
    };
    assert.equal(lines("off", both).length, 0);
    assert.equal(lines("warn", both).length, 1);
    assert.equal(lines("info", both).length, 2);
  });
});
