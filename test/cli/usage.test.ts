import assert from "node:assert/strict";
import { runHere } from "./in-process.ts";

const run = (...args: string[]) => runHere("/nonexistent/home", args);

describe("a wrong command line", () => {
  it("ends with 2 for a wrong use, and guesses what was meant", async () => {
    const guessed = await run("sned", "bob");
    assert.equal(guessed.code, 2);
    assert.match(guessed.err, /^✗ Unknown command 'sned'\. Did you mean send\?\n→ .*--help/);
    const since = await run("read", "bob", "--since", "foo");
    assert.deepEqual([since.code, /--since needs a date/.test(since.err)], [2, true]);
    for (const args of [
      [],
      ["send"],
      ["send", "bob"],
      ["up", "--bogus"],
      ["read", "bob", "-n", "0"],
    ])
      assert.equal((await run(...args)).code, 2, args.join(" "));
  });

  it("takes as text what comes after WHO, and as options what comes before", async () => {
    for (const args of [
      ["send", "bob", "-h"],
      ["send", "--timeout", "1s", "bob", "--version"],
      ["edit", "bob/last", "--help"],
    ])
      assert.equal((await run(...args)).code, 3, args.join(" "));
    const json = await run("send", "bob", "--json");
    assert.match(json.err, /^✗ /);
    assert.equal((await run("send", "--bogus", "bob")).code, 2);
  });

  it("without a command prints the help, or an error object with --json", async () => {
    for (const args of [[], ["net", "key"], ["--no-color"]]) {
      const { code, out, err } = await run(...args);
      assert.deepEqual([code, out, /^Usage: sotto/.test(err)], [2, "", true], args.join(" "));
    }
    for (const args of [["--json"], ["net", "key", "--json"], ["--json", "--quiet"]]) {
      const { code, out, err } = await run(...args);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      const { error } = JSON.parse(err);
      assert.deepEqual([error.code, error.message], ["usage", "No command was given."]);
    }
  });

  it("with text that looks like an option says how to write it", async () => {
    for (const args of [
      ["search", "-bob"],
      ["read", "--bob"],
      ["contacts", "rename", "-x", "bob"],
    ]) {
      const { code, err } = await run(...args);
      assert.equal(code, 2);
      assert.match(
        err,
        /^✗ Unknown option '-+\w+'\. .*If it is not an option, put -- before it\.\n→/,
      );
    }
  });

  it("with an unknown subcommand says so, also where one is the default", async () => {
    for (const [expected, ...args] of [
      ["Unknown command 'net pears'. Did you mean peers?", "net", "pears"],
      ["Unknown command 'contacts rn'. Did you mean rm?", "contacts", "rn", "bob", "x"],
      ["Unknown command 'bootstrap adress'.", "net", "bootstrap", "adress", "/ip4/x"],
      ["Unknown command 'invite xxxxxxxx'.", "invite", "xxxxxxxx"],
      ["Too many arguments for 'status'. Expected 0 arguments but got 1.", "status", "x"],
    ] as const) {
      const { code, err } = await run(...args);
      assert.equal(code, 2);
      assert.ok(err.includes(expected), err);
    }
  });

  it("does not print the help where a name or a reaction is expected", async () => {
    // Accepted by the parser: the next step is the node, which does not run.
    for (const args of [
      ["contacts", "rename", "bob", "-h"],
      ["contacts", "rename", "bob", "--help"],
      ["react", "bob/last", "-1"],
      ["react", "bob/last", "-h"],
      ["react", "bob/last", "--remove"],
      ["react", "--remove", "bob/last", "--json"],
      ["contacts", "rename", "bob", "Bob", "--json"],
    ]) {
      const { code, out } = await run(...args);
      assert.deepEqual([code, out], [3, ""], args.join(" "));
    }
    const { code, err } = await run("contacts", "rename", "bob", "--json");
    assert.deepEqual([code, JSON.parse(err).error.code], [2, "usage"]);
    for (const args of [
      ["contacts", "rename", "-h"],
      ["react", "-h"],
    ])
      assert.equal((await run(...args)).code, 0, args.join(" "));
  });
});
