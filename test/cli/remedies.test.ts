import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { resolvePaths } from "../../src/api/index.ts";
import {
  type ErrorCode,
  errorTable,
  limits,
  parseDuration,
  SottoError,
} from "../../src/base/index.ts";
import { createProgram } from "../../src/cli/main.ts";
import type { Context } from "../../src/cli/runtime/context.ts";
import { type BootstrapHost, startBootstrap, startDaemon } from "../../src/daemon/index.ts";
import { isTimer } from "../../src/wire/index.ts";
import { runHere } from "./in-process.ts";
import { sourceTexts, type Text, tableTexts } from "./texts.ts";

const LOOPBACK = "/ip4/127.0.0.1/tcp/0";

/** The commands in a text: their words up to the first that is prose. */
function commandsIn(text: string): string[][] {
  const found = text.matchAll(
    /\bsotto((?: (?:-{1,2}[a-z-]+|group:[A-Z]+|[a-z-]+|[A-Z]+(?:\.{3})?))+)/g,
  );
  return [...found].map(([, words = ""]) => words.trim().split(" "));
}

/**
 * What is wrong with a command in a text; `undefined` if it can be run as it is.
 * @param complete whether it needs all of its arguments; a string of the source may go on elsewhere.
 */
function faultOf(words: readonly string[], program: Command, complete: boolean) {
  let command = program;
  let at = 0;
  for (; at < words.length; at++) {
    const next = command.commands.find((each) => each.name() === words[at]);
    if (next === undefined) break;
    command = next;
  }
  if (command === program) return words[0]?.startsWith("-") ? undefined : "no such command";
  // After a group a word is prose, as in "sotto subscriptions lists them", unless it has arguments.
  if (
    command.commands.length > 0 &&
    /^[a-z]/.test(words[at] ?? "") &&
    /^[A-Z]/.test(words[at + 1] ?? "")
  )
    return `no such command as ${words[at]}`;
  const choices = command.registeredArguments.flatMap((each) => each.name().split("|"));
  let given = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word.startsWith("-")) {
      const all = [...command.options, ...program.options];
      const option = all.find(({ short, long }) => word === short || word === long);
      if (option === undefined && word !== "--help") return `no option ${word}`;
      if (option?.required) at++;
    } else if (/^(?:group:)?[A-Z]/.test(word) || choices.includes(word)) given++;
    else break;
  }
  const { registeredArguments: expected } = command;
  const most = expected.at(-1)?.variadic ? Number.POSITIVE_INFINITY : expected.length;
  const needs = complete && !words.includes("--help");
  const least = needs ? expected.filter(({ required }) => required).length : 0;
  return given < least || given > most ? `${given} arguments` : undefined;
}

describe("the remedies of errors", () => {
  let directory: string;
  let program: Command;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-remedies-"));
    program = await createProgram({} as Context, () => true);
  });
  after(() => rm(directory, { recursive: true }));

  const faults = (texts: readonly Text[], complete: boolean): string[] =>
    texts.flatMap(({ where, text }) =>
      commandsIn(text).flatMap((words) => {
        const fault = faultOf(words, program, complete);
        return fault === undefined ? [] : [`${where}: sotto ${words.join(" ")}: ${fault}`];
      }),
    );

  it("name commands that exist, with their arguments and options", () => {
    const texts = tableTexts();
    assert.ok(texts.flatMap(({ text }) => commandsIn(text)).length > 40);
    assert.deepEqual(faults(texts, true), []);
    assert.deepEqual(faults(sourceTexts(), false), []);
  });

  it("are read so that a wrong command shows", () => {
    for (const text of [
      "sotto fly",
      "sotto contacts remove NAME",
      "sotto send NAME",
      "sotto up --bogus",
      "sotto contacts rename NAME",
      "sotto status NAME",
    ])
      assert.equal(faults([{ where: "", text }], true).length, 1, text);
    for (const text of [
      "sotto send NAME TEXT",
      "sotto doctor NAME shows why",
      "sotto net public on",
    ])
      assert.deepEqual(faults([{ where: "", text }], true), [], text);
  });

  const pathsOf = (home: string) =>
    resolvePaths({ env: { SOTTO_HOME: home }, home, temporary: tmpdir(), uid: 0, current: "/" });
  /** Starts a node and stops it. */
  async function starts(home: string): Promise<void> {
    const daemon = await startDaemon({
      paths: pathsOf(home),
      env: {},
      overrides: { listen: [LOOPBACK], mdns: false },
      answers: {
        passphrase: async () => undefined,
        account: async () => ({ name: "ann", protection: { kind: "key-file" } }),
      },
      writeLog: () => undefined,
      onDamage: () => undefined,
    });
    await daemon.stop();
  }
  /** The remedy of the error that a job ends with. */
  async function remedyOf(code: string, job: Promise<unknown>): Promise<string> {
    const error = await job.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SottoError, String(error));
    assert.equal(error.code, code);
    return error.remedy;
  }
  /** The error of a command line. */
  const errorOf = async (home: string, ...args: string[]) =>
    JSON.parse((await runHere(home, ["--json", ...args])).err).error;

  it("lead out where others can write to the home", async () => {
    const home = join(directory, "open");
    mkdirSync(home);
    chmodSync(home, 0o777);
    assert.match(await remedyOf("socket-unsafe", starts(home)), /^Run chmod 700 on the directory,/);
    chmodSync(home, 0o700);
    await starts(home);
  });

  it("lead out where the home is a file", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    const remedy = await remedyOf("system-refused", starts(file));
    assert.match(remedy, /SOTTO_HOME chooses another/);
    await starts(join(directory, "another"));
  });

  it("lead out where the home cannot be written to", async () => {
    const home = join(directory, "read-only");
    mkdirSync(home, { mode: 0o500 });
    chmodSync(directory, 0o755);
    const isRoot = process.geteuid?.() === 0;
    await errorOf(join(directory, "file"), "init", "--name", "ann");
    if (isRoot) process.seteuid?.(65_534);
    const { code, message, remedy } = await errorOf(home, "init", "--name", "ann").finally(() => {
      if (isRoot) process.seteuid?.(0);
    });
    assert.deepEqual(
      [code, message],
      ["system-refused", `Cannot write to the home directory ${home}: permission denied.`],
    );
    assert.match(remedy, /who may write to it/);
    chmodSync(home, 0o700);
    assert.equal((await runHere(home, ["init", "--name", "ann"])).code, 0);
  });

  it("lead out where a setting does not exist", async () => {
    const home = join(directory, "settings");
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, "config.json"), '{ "mdsn": false }');
    const { code, message, remedy } = await errorOf(home, "up");
    assert.equal(code, "config-invalid");
    assert.equal(message, `${home}/config.json: there is no setting mdsn.`);
    assert.match(remedy, /^Correct or remove the setting .*docs\/SETTINGS\.md/);
    assert.ok(existsSync(new URL("../../docs/SETTINGS.md", import.meta.url)));
    writeFileSync(join(home, "config.json"), '{ "mdns": false }');
    await starts(home);
  });

  it("lead out where the store cannot be opened: a backup is restored in another home", async () => {
    const home = join(directory, "keyless");
    const file = join(directory, "ann.sotto");
    const words = join(directory, "words");
    const made = await runHere(home, ["init", "--name", "ann", "--show-words", "--json"]);
    writeFileSync(words, made.out);
    assert.equal((await runHere(home, ["backup", file])).code, 0);
    rmSync(join(home, "keyring"));
    const { code, remedy } = await errorOf(home, "check");
    assert.equal(code, "store-key-missing");
    assert.match(remedy, /restore a backup in another SOTTO_HOME: sotto restore FILE/);
    const restore = ["restore", file, "--words-file", words];
    assert.equal((await errorOf(home, ...restore)).code, "store-key-missing");
    assert.equal((await runHere(join(directory, "restored"), restore)).code, 0);
  });

  it("state the bounds of a time that are accepted", () => {
    const bounds = (code: ErrorCode) =>
      [...errorTable[code].remedy.matchAll(/\d+[a-z]+/g)].map(([text]) => parseDuration(text) ?? 0);
    const [timerMin = 0, timerMax = 0] = bounds("timer-invalid");
    assert.deepEqual([timerMin - 1000, timerMin, timerMax, timerMax + 1000].map(isTimer), [
      false,
      true,
      true,
      false,
    ]);
    assert.deepEqual(
      bounds("timer-invalid").filter((ms) => !isTimer(ms)),
      [],
    );
    const [inviteMin, inviteMax, ...examples] = bounds("expiry-invalid");
    assert.deepEqual([inviteMin, inviteMax], [60_000, limits.inviteExpiryMax]);
    assert.ok(examples.every((ms) => ms >= 60_000 && ms <= limits.inviteExpiryMax));
  });

  it("lead out of a second bootstrap node in one home or on one port", async () => {
    const running: BootstrapHost[] = [];
    const start = async (name: string, listen = LOOPBACK) => {
      const ignore = () => undefined;
      const common = { writeLog: ignore, onFault: ignore };
      const options = { env: {}, announce: [], privateWan: false, ...common };
      running.push(
        await startBootstrap({ home: join(directory, name), listen: [listen], ...options }),
      );
    };
    try {
      await start("one");
      const remedy = await remedyOf("bootstrap-already-running", start("one"));
      assert.match(remedy, /another SOTTO_HOME and another port/);
      const taken = running[0]?.addresses()[0]?.replace(/\/p2p\/.*/, "");
      assert.match(
        await remedyOf("port-in-use", start("two", taken)),
        /another address with --listen/,
      );
      await start("two");
    } finally {
      await Promise.all(running.map((node) => node.stop()));
    }
  });
});
