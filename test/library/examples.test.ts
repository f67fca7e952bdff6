import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type NodeConnection } from "../../src/index.ts";
import { build, ended, type Program } from "../cli/built.ts";

const source = (name: string) =>
  fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url));

describe("the examples", function () {
  this.timeout(120_000);
  let sotto: Program;
  let alice: string;
  let bob: string;
  let node: NodeConnection;
  const running: ChildProcess[] = [];

  /** Runs an example at bob's node, next to the compiled program, whose package it imports. */
  async function run(name: string, args: readonly string[] = [], env: object = {}) {
    const directory = join(dirname(dirname(dirname(sotto.bin))), "examples");
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${name}.mjs`);
    if (!existsSync(file)) copyFileSync(source(name), file);
    const child = spawn(process.execPath, [file, ...args], {
      env: { ...sotto.env(bob), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.push(child);
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text) => {
        said += text;
        if (said.includes("\n")) resolve();
      });
      child.stderr.on("data", (text) => {
        said += text;
      });
      child.once("close", () => reject(new Error(`${name} ended: ${said}`)));
    });
    return { child, said };
  }

  /** The answers of bob's program to messages of alice, as they arrive. */
  async function answers(count: number, send: () => Promise<unknown>): Promise<string[]> {
    const seen: string[] = [];
    const messages = node.messages({ from: "bob" });
    let next = messages.next();
    await node.call("node.state", {});
    await send();
    while (seen.length < count) {
      const { value } = await next;
      if (value !== undefined) seen.push(value.text);
      if (seen.length < count) next = messages.next();
    }
    await messages.return();
    return seen;
  }
  const send = (text: string) => node.call("message.send", { who: "bob", text, wait: "delivered" });

  before(async () => {
    sotto = build();
    [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    await sotto.up(alice, "--name", "alice");
    await sotto.up(bob, "--name", "bob");
    node = await connect({ home: alice });
    const { link } = await node.call("invite.create", { hints: true });
    const added = await sotto.run(bob, ["add", link]);
    assert.equal(added.code, 0, added.err);
  });
  after(async () => {
    await node.close();
    await Promise.all(running.filter(isRunning).map((child) => ended(child, "SIGKILL")));
    await sotto.clear();
  });

  it("echo-bot answers each message with its text, and stops on a signal", async () => {
    const { child } = await run("echo-bot");
    assert.deepEqual(await answers(2, () => send("one").then(() => send("two"))), ["one", "two"]);
    assert.equal(await ended(child, "SIGTERM"), 0);
  });

  it("translator answers also what came while it did not run, once", async () => {
    const first = await run("translator");
    assert.deepEqual(await answers(1, () => send("good morning")), ["gut Morgen"]);
    await ended(first.child, "SIGKILL");
    await send("thank you");
    let second: Awaited<ReturnType<typeof run>> | undefined;
    const start = async () => {
      second = await run("translator");
    };
    assert.deepEqual(await answers(1, start), ["danke dir"]);
    assert.equal(second && (await ended(second.child, "SIGTERM")), 0);
    const { messages } = await node.call("message.list", { who: "bob" });
    const texts = messages.map(({ text }) => text);
    for (const text of ["gut Morgen", "danke dir"])
      assert.equal(texts.filter((each) => each === text).length, 1, text);
  });

  it("alert-hook sends what is posted to it, with a token that reads nothing", async () => {
    const secret = await sotto.run(bob, ["token", "create", "alerts", "--scope", "post"]);
    const file = join(dirname(bob), "alerts.token");
    writeFileSync(file, secret.out, { mode: 0o600 });
    const { child, said } = await run("alert-hook", ["alice", "0"], { ALERTS_TOKEN_FILE: file });
    const [url] = /http:\/\/\S+/.exec(said) ?? [];
    assert.ok(url);
    const post = async (body: string) => (await fetch(url, { method: "POST", body })).status;
    assert.deepEqual(await answers(1, () => post("disk is full")), ["disk is full"]);
    assert.equal(await post("x".repeat(5_000)), 413);
    assert.equal((await fetch(url)).status, 405);
    await sotto.run(bob, ["token", "revoke", "alerts", "--yes"]);
    assert.equal(await post("after the revocation"), 500);
    await ended(child, "SIGTERM");
  });
});

const isRunning = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode === null && signalCode === null;
