import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { methods } from "../../../src/api/contract.ts";
import { eventTypes } from "../../../src/api/index.ts";
import { RunningDaemon } from "./daemon.ts";
import { type Examples, runScenario } from "./scenario.ts";

const recorded = JSON.parse(
  readFileSync(new URL("../../../scripts/docs/api-examples.json", import.meta.url), "utf8"),
) as Examples;

/** Fields whose words are compared as they are; other texts depend on the run. */
const words = new Set(["type", "kind", "direction", "outcome", "policy", "why", "code", "message"]);
/**
 * Fields that depend on when something happened or on the machine: of these and what is in them
 * nothing is compared.
 */
const variable = new Set(
  `
  route rttMs checkedAt lastSeen inviteExpiresAt record recordRefused dials link nextTryIn protocols net
  findings reactions late gap lamport pairing addresses free seenAs events
`
    .trim()
    .split(/\s+/),
);

/** The fields of a value and their types. */
function shapeOf(value: unknown, name = ""): unknown {
  if (typeof value === "string") return words.has(name) ? value : "a string";
  if (typeof value !== "object" || value === null) return typeof value;
  if (Array.isArray(value)) return value.map((each) => shapeOf(each));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !variable.has(key))
      .map(([key, each]) => [key, shapeOf(each, key)]),
  );
}

describe("the examples of docs/API.md (npm run docs:examples)", function () {
  this.timeout(120_000);
  let found: Examples;
  before(async () => {
    found = await runScenario();
  });

  it("have every method and every event", () => {
    assert.deepEqual(Object.keys(recorded.results).sort(), Object.keys(methods).sort());
    assert.deepEqual(Object.keys(recorded.events), [...eventTypes]);
  });

  it("show results as real nodes give them", () => {
    for (const [method, result] of Object.entries(found.results))
      assert.deepEqual(
        shapeOf(recorded.results[method as keyof Examples["results"]]),
        shapeOf(result),
        method,
      );
  });

  it("show events as real nodes emit them", () => {
    for (const [type, event] of Object.entries(found.events))
      assert.deepEqual(
        shapeOf(recorded.events[type as keyof Examples["events"]]),
        shapeOf(event),
        type,
      );
  });

  it("show refusals word by word", () => {
    assert.deepEqual(recorded.errors, found.errors);
  });
});

describe("the client in Python on docs/API.md", function () {
  this.timeout(60_000);
  const page = readFileSync(new URL("../../../docs/API.md", import.meta.url), "utf8");
  const source = /^```python\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  let nodes: RunningDaemon[] = [];
  before(async function () {
    if (spawnSync("python3", ["--version"]).status !== 0) this.skip();
    nodes = await Promise.all(["alice", "bob"].map((name) => RunningDaemon.start(name)));
  });
  after(() => Promise.all(nodes.map((node) => node.end())));

  it("prints what arrives and answers it", async () => {
    const [alice, bob] = nodes as [RunningDaemon, RunningDaemon];
    const { link } = await alice.client.call("invite.create", { hints: true });
    await bob.client.call("contact.add", { link, wait: 30_000 });
    const python = spawn("python3", ["-u", "-c", source], {
      env: { ...process.env, SOTTO_SOCKET: alice.socket },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, "Listening.");
      await bob.client.call("message.send", { who: "alice", text: "Hello." });
      await bob.event((event) => event.type === "message.new" && event.message.text === "Got it.");
      const { account } = await bob.client.call("account.show", {});
      assert.equal((await lines.next()).value, `${account} Hello.`);
    } finally {
      python.kill();
    }
  });
});
