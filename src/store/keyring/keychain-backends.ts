/**
 * Backends of the keychain: the Secret Service of freedesktop.org (GNOME Keyring, KWallet,
 * KeePassXC) through secret-tool(1) of libsecret, and macOS through security(1).
 */
import { spawn } from "node:child_process";
import { hasCode, limits, SottoError, systemError, wipe } from "../../base/index.ts";

/** The label by which the user finds the entry. */
const LABEL = "Key of a Sotto store";

/** The Secret Service through `program`, which has the arguments of secret-tool. */
export function secretService(program = "secret-tool"): TextKeychain {
  const ask = async (command: string[], name: string, input = ""): Promise<ProgramResult> => {
    const result = await run(program, [...command, "application", "sotto", "entry", name], input);
    if (result === "not-installed")
      throw new SottoError("keychain-missing", "The program secret-tool is not installed.");
    if (result === "timed-out") throw locked("The keychain did not answer.");
    // It also exits with 1 if there is no such entry, but then it prints nothing.
    if (result.code !== 0 && result.stderr !== "") throw keychainError(result.stderr);
    return result;
  };
  /** Only a search, which unlocks nothing, distinguishes a locked entry from a missing one. */
  const refuseLocked = async (name: string): Promise<void> => {
    const { out } = await ask(["search"], name);
    if (out !== "") throw locked("The keychain is locked.");
  };
  return {
    async get(name) {
      const { code, out } = await ask(["lookup"], name);
      if (code === 0) return out;
      await refuseLocked(name);
      return undefined;
    },
    async set(name, text) {
      await ask(["store", `--label=${LABEL}`], name, text);
    },
    async remove(name) {
      const { code } = await ask(["clear"], name);
      if (code !== 0) await refuseLocked(name);
    },
  };
}

function locked(message: string): SottoError {
  return new SottoError("keychain-locked", message);
}

/**
 * The error for a message of secret-tool. Messages contain no secret, and are in the user's
 * language, so only names are matched.
 */
function keychainError(stderr: string): SottoError {
  return /d-?bus|connect|autolaunch|org\.freedesktop\.secrets|ServiceUnknown/i.test(stderr)
    ? new SottoError("keychain-missing", "No keychain answers in this session.")
    : locked("The keychain rejected the request.");
}

/** The result of a program that exited. */
export interface ProgramResult {
  readonly code: number;
  readonly out: string;
  /** What it wrote to standard error. */
  readonly stderr: string;
}

/**
 * Runs another program with a short text as input and output.
 * @returns `"not-installed"` if there is no such program, `"timed-out"` if it did not exit within
 * `limits.keychainWait` (ms).
 */
export function run(
  program: string,
  args: readonly string[],
  input: string,
): Promise<ProgramResult | "not-installed" | "timed-out"> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve("timed-out");
    }, limits.keychainWait);
    const out: Buffer[] = [];
    let stderr = "";
    // It has no streams if the file table is full.
    child.stdout?.on("data", (part: Buffer) => out.push(part));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => {
      clearTimeout(timer);
      const fault = hasCode(error, "ENOENT")
        ? undefined
        : systemError(error, `Cannot start ${program}`);
      if (fault === undefined) resolve("not-installed");
      else reject(fault);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      const whole = Buffer.concat(out);
      resolve({ code: code ?? 1, out: whole.toString(), stderr });
      wipe(whole, ...out);
    });
    child.stdin?.end(input);
  });
}

/** The keychain of macOS, through security(1). */
const SERVICE = "sotto";
/** errSecItemNotFound as an exit code of security(1). */
const NOT_FOUND = 44;

export function macKeychain(): TextKeychain {
  const ask = async (args: readonly string[], input = ""): Promise<ProgramResult> => {
    const result = await run("/usr/bin/security", args, input);
    if (result === "not-installed")
      throw new SottoError("keychain-missing", "The program security was not found.");
    if (result === "timed-out")
      throw new SottoError("keychain-locked", "The keychain did not answer.");
    if (result.code !== 0 && result.code !== NOT_FOUND)
      throw new SottoError("keychain-locked", "The keychain rejected the request.");
    return result;
  };
  return {
    async get(name) {
      const { code, out } = await ask(["find-generic-password", "-s", SERVICE, "-a", name, "-w"]);
      return code === 0 ? out.trim() : undefined;
    },
    async set(name, text) {
      // A command on standard input: other users can see arguments.
      await ask(["-i"], `add-generic-password -U -s ${SERVICE} -a ${name} -w ${text}\n`);
    },
    async remove(name) {
      await ask(["delete-generic-password", "-s", SERVICE, "-a", name]);
    },
  };
}

/**
 * A keychain of any system: stores texts under names. Each method throws `keychain-missing` and
 * `keychain-locked`.
 */
export interface TextKeychain {
  get(name: string): Promise<string | undefined>;
  /** Replaces an existing entry. */
  set(name: string, text: string): Promise<void>;
  /** Does nothing if there is no such entry. */
  remove(name: string): Promise<void>;
}
