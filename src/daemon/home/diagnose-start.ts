/** Why `sotto up` would fail: the steps of a start, each tried without starting a node. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Paths } from "../../api/index.ts";
import {
  type ErrorCode,
  hasCode,
  type Severity,
  SottoError,
  systemError,
} from "../../base/index.ts";
import { bestCrypto, nodeCrypto } from "../../crypto/index.ts";
import { probeListen } from "../../node/index.ts";
import { silent } from "../../ports/index.ts";
import { lockHolder } from "../../store/index.ts";
import { readExitReason } from "../process/exit-reason.ts";
import { systemClock } from "../process/system-clock.ts";
import { checkSocketPath } from "../rpc/unix-socket.ts";
import { type Config, readConfig } from "../settings/config.ts";
import { readNetworkKey } from "../settings/network-key.ts";
import { openHome, readProtectionOf } from "./home.ts";
import { lockHome } from "./lock-home.ts";

/** A step of a start, and the result. */
export interface StartFinding {
  readonly topic: "settings" | "last stop" | "store" | "socket" | "listening";
  /** `error`: a start fails here. `note`: good to know, or not tested. */
  readonly state: "ok" | Severity;
  readonly text: string;
  /** The error, if there is one. */
  readonly code?: ErrorCode;
  /** What to do next. */
  readonly remedy?: string;
}

export interface StartOptions {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The passphrase of the database key; without it a store that needs one is not opened. */
  readonly passphrase: string | undefined;
}

/**
 * Tries the steps of `startDaemon` with the settings file, in its order. Opens the store as a start
 * does, and closes it. Requires that no node answers.
 */
export async function diagnoseStart(options: StartOptions): Promise<readonly StartFinding[]> {
  const { paths, env } = options;
  let config: Config | undefined;
  const settings = await tried("settings", async () => {
    config = await readConfig(paths.config, env);
    if (config.networkKey) await readNetworkKey(config.networkKey, nodeCrypto());
    return { text: paths.config };
  });
  return [
    settings,
    ...(await lastStop(paths.home)),
    await tried("store", () => openStoreOf(options)),
    ...(await socket(paths)),
    ...(config === undefined ? [] : [await listening(config)]),
  ];
}

type Outcome = Omit<StartFinding, "topic" | "state"> & { readonly state?: Severity };

/** The finding of a step; what it throws is an error of the start. */
async function tried(
  topic: StartFinding["topic"],
  step: () => Promise<Outcome>,
): Promise<StartFinding> {
  try {
    return { topic, state: "ok", ...(await step()) };
  } catch (error) {
    const fault = error instanceof SottoError ? error : systemError(error);
    if (fault === undefined) throw error;
    const { code, message, remedy } = fault;
    return { topic, state: "error", text: message, code, remedy };
  }
}

/** The error that ended the last node. Whether it lasts is shown by the other steps. */
async function lastStop(home: string): Promise<StartFinding[]> {
  const fault = await readExitReason(home);
  if (fault === undefined) return [];
  const text = `The last node stopped with an error. ${fault.message}`;
  return [{ topic: "last stop", state: "note", text, code: fault.code, remedy: fault.remedy }];
}

async function openStoreOf({ paths, passphrase }: StartOptions): Promise<Outcome> {
  const { home } = paths;
  if (!(await isDirectory(home))) {
    await access(await existingParent(home), constants.W_OK);
    return noAccount(home);
  }
  const protection = await readProtectionOf(home);
  const pid = await lockHolder(home);
  if (pid !== undefined)
    throw new SottoError(
      "store-in-use",
      `Process ${pid} uses ${home}, but answers no call: a node that is starting or stopping, or ` +
        "another command.",
    );
  const crypto = await bestCrypto();
  const lock = await lockHome(paths, crypto);
  try {
    if (protection === "passphrase" && passphrase === undefined)
      return {
        state: "note",
        text: `${home}: not opened, because a passphrase protects it`,
        remedy: "To test it too: sotto doctor --passphrase-file FILE",
      };
    const { store } = await openHome(
      { directory: home, crypto, clock: systemClock, log: silent },
      { passphrase: async () => passphrase, account: async () => undefined },
    );
    const { rolledBack } = store;
    await store.close();
    if (!rolledBack) return { text: `${home} can be opened` };
    return { state: "note", text: `${home} can be opened, but is an older copy` };
  } catch (error) {
    // There may be a key: the start that made it ended before there was an account.
    if (error instanceof SottoError && error.code === "no-account") return noAccount(home);
    throw error;
  } finally {
    await lock.release();
  }
}

function noAccount(home: string): Outcome {
  return {
    state: "note",
    text: `There is no account in ${home} yet.`,
    remedy: "Create one: sotto up --name NAME",
  };
}

/** Not tested if it would create the home, or if that is not a directory. */
async function socket(paths: Paths): Promise<StartFinding[]> {
  const hasHome = await isDirectory(paths.home).catch(() => false);
  if (paths.socketDirectory === paths.home && !hasHome) return [];
  const check = async (): Promise<Outcome> => {
    await checkSocketPath(paths);
    return { text: paths.socket };
  };
  return [await tried("socket", check)];
}

function listening({ listen }: Config): Promise<StartFinding> {
  return tried("listening", async () => {
    await probeListen(listen);
    return { text: listen.join(", ") || "on no address" };
  });
}

/** Throws for a path that exists and is no directory. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
  throw new SottoError("system-refused", `${path} is a file, not a directory.`);
}

/** The nearest directory above `path` that exists. */
async function existingParent(path: string): Promise<string> {
  const parent = dirname(path);
  return (await isDirectory(parent)) ? parent : existingParent(parent);
}
