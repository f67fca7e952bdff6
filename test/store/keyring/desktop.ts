/** A session bus with a GNOME keyring, unlocked, in a home directory of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { on, once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAMS = [
  ...["dbus-daemon", "dbus-monitor", "dbus-send"],
  ...["gnome-keyring-daemon", "secret-tool"],
];
/** Programs that these tests need and that are not installed. */
export const missing: readonly string[] = PROGRAMS.filter(
  (name) => spawnSync(name, ["--version"]).error !== undefined,
);

const SECRETS = "org.freedesktop.secrets";
const LOGIN = "/org/freedesktop/secrets/collection/login";
/** Programs on this machine that are not ready after this time (ms) never will be. */
const START_TIMEOUT = 20_000;

export class Desktop {
  readonly #home = mkdtempSync(join(tmpdir(), "sotto-desktop-"));
  readonly #children: ChildProcess[] = [];
  readonly #before = process.env.DBUS_SESSION_BUS_ADDRESS;

  /** Throws, naming the program, where one of them ends or is not ready in time. */
  async start(): Promise<void> {
    const runtime = join(this.#home, "run");
    mkdirSync(runtime, { mode: 0o700 });
    const env = { ...process.env, HOME: this.#home, XDG_RUNTIME_DIR: runtime };
    const bus = this.#spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], env);
    const address = await outputOf(bus, "dbus-daemon", /^(unix:.*)\n/);
    process.env.DBUS_SESSION_BUS_ADDRESS = address;
    // The bus announces who owns a name. Asking the keyring itself would make the bus start another.
    const announced = `type='signal',member='NameOwnerChanged',arg0='${SECRETS}'`;
    const busEnv = { ...env, DBUS_SESSION_BUS_ADDRESS: address };
    const monitor = this.#spawn("dbus-monitor", ["--session", announced], busEnv);
    await outputOf(monitor, "dbus-monitor", /NameAcquired|NameLost/);
    const options = ["--foreground", "--unlock", "--components=secrets"];
    const keyring = this.#spawn("gnome-keyring-daemon", options, busEnv);
    // Where it ends before it reads the password, its exit code says more than the broken pipe.
    keyring.stdin?.on("error", () => undefined).end("a password\n");
    await Promise.race([
      outputOf(monitor, "gnome-keyring-daemon", new RegExp(`NameOwnerChanged[^]*"${SECRETS}"`)),
      ended(keyring, "gnome-keyring-daemon"),
    ]);
  }

  /** Locks the login keyring. */
  lock(): void {
    const call = "org.freedesktop.Secret.Service.Lock";
    const to = ["--session", "--print-reply", `--dest=${SECRETS}`, "/org/freedesktop/secrets"];
    execFileSync("dbus-send", [...to, call, `array:objpath:${LOGIN}`]);
  }

  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    }
    if (this.#before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS;
    else process.env.DBUS_SESSION_BUS_ADDRESS = this.#before;
    rmSync(this.#home, { recursive: true, force: true });
  }

  #spawn(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "ignore"] });
    this.#children.push(child);
    return child;
  }
}

/** What a program printed that fits a pattern, or its first group. */
async function outputOf(child: ChildProcess, program: string, pattern: RegExp): Promise<string> {
  let text = "";
  const found = async (): Promise<string> => {
    if (child.stdout === null) throw new Error(`${program} has no output`);
    const signal = AbortSignal.timeout(START_TIMEOUT);
    for await (const [part] of on(child.stdout, "data", { signal, close: ["end"] })) {
      text += String(part);
      const match = pattern.exec(text);
      if (match) return match[1] ?? match[0];
    }
    throw new Error(`${program} ended before it was ready; it printed: ${text}`);
  };
  return found().catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== "AbortError") throw error;
    throw new Error(`${program} was not ready after ${START_TIMEOUT} ms; printed: ${text}`);
  });
}

async function ended(child: ChildProcess, program: string): Promise<never> {
  const [code, signal] = await once(child, "close");
  throw new Error(`${program} ended before it was ready: ${signal ?? `exit code ${code}`}`);
}
