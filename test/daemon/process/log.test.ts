import assert from "node:assert/strict";
import { createLog, type LogLevel } from "../../../src/daemon/process/log.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";

function lines(level: LogLevel, write: (log: ReturnType<typeof createLog>) => void): object[] {
  const said: object[] = [];
  write(createLog(level, systemClock, (line) => said.push(JSON.parse(line))));
  return said;
}

describe("the log", () => {
  it("drops every field that is not allow-listed", () => {
    const [line] = lines("info", (log) =>
      log("x", { code: "a", name: "bob", text: "hi", key: "k" }),
    );
    assert.deepEqual(Object.keys(line ?? {}), ["time", "level", "event", "code"]);
  });

  it("logs the events of its level and of the quieter ones", () => {
    const each = (log: ReturnType<typeof createLog>) => {
      log("node.started");
      log("answer-failed");
      log("connection-stage", { stage: "noise", side: "dialer", ms: 3, peer: "12D3" });
    };
    const at = (level: LogLevel) =>
      lines(level, each).map((line) => (line as { level: string }).level);
    assert.deepEqual(at("off"), []);
    assert.deepEqual(at("warn"), ["warn"]);
    assert.deepEqual(at("info"), ["info", "warn"]);
    assert.deepEqual(at("debug"), ["info", "warn", "debug"]);
    const stage = lines("debug", each).at(-1);
    assert.deepEqual(Object.keys(stage ?? {}), ["time", "level", "event", "stage", "side", "ms"]);
  });
});
