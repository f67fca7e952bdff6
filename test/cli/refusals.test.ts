import assert from "node:assert/strict";
import { appendFileSync, chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits, systemError } from "../../src/base/index.ts";
import { startDemo } from "../../src/cli/demo/processes.ts";
import { detach } from "../../src/cli/process/detach.ts";
import type { Context } from "../../src/cli/runtime/context.ts";
import { givenPassphrase } from "../../src/cli/runtime/secrets.ts";
import { readLimited } from "../../src/daemon/process/read-limited.ts";
import { runHere } from "./in-process.ts";

/** Runs a job without the rights of root, if the test has them. */
async function asOrdinaryUser<Result>(job: () => Promise<Result>): Promise<Result> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await job();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe("what the system refuses", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-refused-"));
  });
  after(() => rm(directory, { recursive: true }));
  const error = async (home: string, ...args: string[]) => {
    const { code, err } = await runHere(home, ["--json", ...args]);
    return { exit: code, ...JSON.parse(err).error };
  };

  it("is reported as that for every path of the user, and never as a bug", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "x".repeat(70));
    const below = join(file, "below");
    const home = join(directory, "none");
    mkdirSync(home);
    const commands = [
      [below, "id"],
      [below, "status"],
      [below, "check"],
      [below, "words", "--show-words"],
      [below, "passwd", "--key-file"],
      [below, "init", "--name", "a"],
      [below, "backup", join(directory, "b")],
      [home, "init", "--name", "a", "--words-file", below],
      [home, "init", "--name", "a", "--words-file", directory],
      [home, "init", "--name", "a", "--passphrase-file", below],
      [home, "init", "--name", "a", "--passphrase-fd", "987"],
      [home, "restore", below, "--words-file", file],
      [home, "restore", directory, "--words-file", file],
      [home, "net", "key", "new", below],
    ] as const;
    for (const where of [file, below])
      for (const args of [["id"], ["status"], ["init", "--name", "a"], ["up", "--name", "a"]]) {
        const { exit, code, message } = await error(where, ...args);
        assert.deepEqual([exit, code], [1, "system-refused"], `${args}: ${message}`);
        assert.match(message, /: .*(file|exist)/);
      }
    for (const [where, ...args] of commands) {
      const { exit, code, message } = await error(where, ...args);
      assert.equal(exit, 1, args.join(" "));
      assert.ok(
        ["system-refused", "file-unreadable", "file-write-failed"].includes(code),
        `${args.join(" ")}: ${code} ${message}`,
      );
    }
  });

  it("names a missing file of a secret, and not the secret", async () => {
    for (const option of ["--words-file", "--passphrase-file"]) {
      const home = join(directory, "none");
      const ran = await runHere(home, ["init", "--name", "a", option, `${home}/missing`]);
      assert.equal(ran.code, 1);
      assert.match(ran.err, /missing cannot be read: it does not exist\.\n→ Check the file's name/);
    }
  });

  it("is a directory of another user", async () => {
    const closed = join(directory, "closed");
    mkdirSync(closed, { mode: 0 });
    chmodSync(directory, 0o755);
    const commands = [
      ["init", "--name", "a"],
      ["id"],
      ["check"],
      ["net", "key", "new", join(closed, "key")],
      ["init", "--name", "a", "--words-file", join(closed, "words")],
    ];
    for (const args of commands) {
      // Loads the code, which the other user may not read.
      await runHere(join(directory, "file", "below"), ["--json", ...args]);
      const { exit, message } = await asOrdinaryUser(() => error(join(closed, "home"), ...args));
      assert.equal(exit, 1);
      assert.match(message, /: permission denied\.$/, args.join(" "));
    }
  });

  it("has a reason and a remedy for each code of the system", () => {
    const expected: Record<string, string> = {
      EACCES: "system-refused",
      EPERM: "system-refused",
      EROFS: "system-refused",
      ENOTDIR: "system-refused",
      EMFILE: "too-many-files",
      ENFILE: "too-many-files",
      EAGAIN: "out-of-resources",
      ENOMEM: "out-of-resources",
      ENOSPC: "disk-full",
      ERR_MODULE_NOT_FOUND: "not-loadable",
    };
    for (const [code, found] of Object.entries(expected))
      assert.equal(systemError(Object.assign(new Error(), { code }))?.code, found, code);
  });

  it("is an endless file or descriptor, which is read up to its limit", async () => {
    const home = join(directory, "endless");
    const zero = openSync("/dev/zero", "r");
    try {
      for (const [option, source] of [
        ["--words-file", "/dev/zero"],
        ["--passphrase-file", "/dev/zero"],
        ["--words-fd", `${zero}`],
        ["--passphrase-fd", `${zero}`],
      ] as const) {
        const { exit, code, message } = await error(home, "init", "--name", "a", option, source);
        assert.deepEqual([exit, code], [1, "file-unreadable"], option);
        assert.match(message, /more than 4096 bytes/);
      }
      const restored = await error(home, "restore", "/dev/zero", "--words-file", "/dev/zero");
      assert.equal(restored.code, "backup-malformed");
    } finally {
      closeSync(zero);
    }
  });

  it("is not a file of exactly the limit", async () => {
    const path = join(directory, "whole");
    writeFileSync(path, "x".repeat(100));
    assert.equal((await readLimited(path, "It", 100))?.length, 100);
    assert.equal(await readLimited(path, "It", 99), undefined);
    writeFileSync(path, "x".repeat(limits.secretFileBytes));
    const given = await givenPassphrase({ passphraseFile: path });
    assert.equal(given?.length, limits.secretFileBytes);
    appendFileSync(path, "x");
    await assert.rejects(givenPassphrase({ passphraseFile: path }), { code: "file-unreadable" });
  });

  it("is the start of a node, of which the reason is given", async () => {
    const command: [string, string] = [join(directory, "no-program"), "x"];
    const context = { paths: { socket: join(directory, "no-socket") } } as Context;
    const refused = {
      code: "system-refused",
      message: `Cannot start ${command[0]}: it does not exist.`,
    };
    await assert.rejects(detach([], undefined, context, command), refused);
    await assert.rejects(detach([], "a secret", context, command), refused);
    const demo = startDemo(command);
    try {
      await assert.rejects(demo.bootstrap(), refused);
      await assert.rejects(demo.node("a", false), refused);
    } finally {
      await demo.clear();
    }
  });
});
