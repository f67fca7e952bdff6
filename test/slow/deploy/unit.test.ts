import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../../scripts/test/suites.ts";
import { build, ended, type Program, type Ran } from "../../cli/built.ts";

const NAME = "sotto-bootstrap.service";
const LISTEN = "/ip4/127.0.0.1/tcp/4001";
/** One of the users that systemd gives to a unit with DynamicUser. */
const UID = 61_184;
const SAME_USER = [`--reuid=${UID}`, `--regid=${UID}`, "--clear-groups"];
const unit = readFileSync(join(root, "deploy", NAME), "utf8");

/** The value of a setting of the unit. */
function setting(name: string): string {
  const [, value] = new RegExp(`^${name}=(.*)$`, "m").exec(unit) ?? [];
  assert.ok(value, `the unit sets ${name}`);
  return value;
}

describe("the systemd unit of a bootstrap node", () => {
  let directory: string;
  before(function () {
    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) {
      console.log("      SKIPPED, the unit is not verified: systemd-analyze (Debian: systemd)");
      return this.skip();
    }
    directory = mkdtempSync(join(tmpdir(), "sotto-unit-"));
  });
  after(() => directory && rmSync(directory, { recursive: true }));

  /** What systemd has against a unit. Node is where this machine has it. */
  const complaints = (text: string): string => {
    const path = join(directory, NAME);
    writeFileSync(path, text.replace("/usr/bin/node", process.execPath));
    const { status, stdout, stderr } = spawnSync(
      "systemd-analyze",
      ["verify", "--man=no", "--recursive-errors=no", path],
      { encoding: "utf8" },
    );
    return `${status === 0 ? "" : `exit code ${status}\n`}${stdout}${stderr}`;
  };

  it("is valid, as systemd-analyze verify sees it", () => {
    assert.equal(complaints(unit), "");
    assert.match(complaints(unit.replace("ProtectProc=", "ProtectProcess=")), /Unknown key/);
    assert.match(complaints(unit.replace("invisible", "unseen")), /Failed to parse/);
  });
});

describe("a node that sees of /proc what the systemd unit shows", function () {
  this.timeout(120_000);
  let sotto: Program;

  /** The rights and the view of a process of the unit, which runs in this shell's place. */
  const view = [
    `umask ${setting("UMask")}`,
    `mount -t proc -o hidepid=${setting("ProtectProc")},subset=${setting("ProcSubset")} proc /proc`,
    "ip link set lo up",
    `exec setpriv --pdeathsig=KILL --reuid=${UID} --regid=${UID} --clear-groups --bounding-set=-all ` +
      '--inh-caps=-all --no-new-privs "$@"',
  ].join(" && ");
  const within = (...command: string[]) => ["--mount", "--net", "sh", "-c", view, "sh", ...command];

  before(function () {
    try {
      execFileSync("unshare", within("true"), { stdio: "ignore" });
    } catch {
      console.log(
        "      SKIPPED, the unit's view of /proc is not tested: it needs root, ip, setpriv",
      );
      return this.skip();
    }
    sotto = build();
    chmodSync(sotto.home("."), 0o711);
  });
  after(() => sotto?.clear());

  const stateDirectory = (name: string): string => {
    const home = sotto.home(name);
    mkdirSync(home, { mode: Number.parseInt(setting("StateDirectoryMode"), 8) });
    chownSync(home, UID, UID);
    return home;
  };
  /** Starts a command that stays. @returns the process, and the first line that it prints. */
  const start = async (home: string, ...command: string[]) => {
    const child = spawn("unshare", within(...command), { env: sotto.env(home) });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const line = once(createInterface({ input: child.stdout }), "line");
    const over = once(child, "close").then(([code]) => assert.fail(`ended with ${code}: ${said}`));
    const [first] = (await Promise.race([line, over])) as string[];
    over.catch(() => undefined);
    return { child, first: `${first}` };
  };
  const run = (home: string, ...args: string[]): Ran => {
    const command = within(process.execPath, sotto.bin, ...args);
    const env = sotto.env(home);
    const { status, stdout, stderr } = spawnSync("unshare", command, { env, encoding: "utf8" });
    return { code: status ?? -1, out: stdout, err: stderr };
  };
  /** The unit's command, with the program of this checkout. */
  const command = (): string[] => {
    const [node, ...rest] = setting("ExecStart").split(" ");
    assert.equal(node, "/usr/bin/node");
    const own: Record<string, readonly string[]> = {
      "/opt/sotto/dist/bin/sotto.js": [sotto.bin],
      $SOTTO_OPTIONS: ["--listen", LISTEN],
    };
    return [process.execPath, ...rest.flatMap((word) => own[word] ?? [word])];
  };

  it("sees neither other users' processes nor the boot id", () => {
    const look = "ls /proc; cat /proc/sys/kernel/random/boot_id";
    const { stdout } = spawnSync("unshare", within("sh", "-c", look), { encoding: "utf8" });
    assert.match(stdout, /^self$/m);
    assert.ok(!stdout.split("\n").includes(`${process.pid}`), "it sees this process of root");
    assert.ok(!existsSync("/proc/sys") || !/\w{8}-\w{4}/.test(stdout), "it sees the boot id");
  });

  it("starts as a bootstrap node, refuses a second one, and stops by SIGTERM", async () => {
    const home = stateDirectory("bootstrap");
    const { child, first } = await start(home, ...command());
    assert.ok(first.startsWith(`${LISTEN}/p2p/`), first);
    const lock = join(home, "bootstrap/node.lock");
    assert.equal(statSync(lock).uid, UID);
    const second = run(home, "bootstrap", "--listen", LISTEN);
    assert.equal(second.code, 7, second.err);
    assert.match(second.err, new RegExp(`process ${child.pid}\\b`));
    assert.equal(await ended(child, "SIGTERM"), 0);
    assert.ok(!existsSync(lock));
  });

  it("starts after a power cut, whatever process has the pid in its lock now", async () => {
    const home = stateDirectory("power-cut");
    const lock = join(home, "bootstrap/node.lock");
    const { child, first } = await start(home, ...command());
    await ended(child, "SIGKILL");
    const other = spawn("setpriv", [...SAME_USER, "sleep", "100"]);
    try {
      // No process has it now, a hidden one of root has it, or one of the same user.
      for (const pid of [child.pid, process.pid, other.pid]) {
        // Written in place: a lock contains its own inode.
        writeFileSync(lock, readFileSync(lock, "utf8").replace(/^\d+/, `${pid}`));
        const again = await start(home, ...command());
        assert.equal(again.first, first);
        await ended(again.child, "SIGKILL");
      }
    } finally {
      other.kill();
    }
  });

  it("starts as a user's node, answers, and is stopped by `down`", async () => {
    const home = stateDirectory("user");
    const args = ["up", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--name", "ann", "--json"];
    const { child, first } = await start(home, process.execPath, sotto.bin, ...args);
    assert.match(first, /"ready":true/);
    const again = run(home, ...args);
    assert.equal(again.code, 7, again.err);
    assert.match(run(home, "status").out, new RegExp(`process ${child.pid}\\b`));
    const closed = once(child, "close");
    const down = run(home, "down");
    assert.deepEqual([down.code, down.out], [0, "Stopped.\n"], down.err);
    assert.deepEqual(await closed, [0, null]);
    assert.equal(run(home, "down").code, 3);
  });
});
