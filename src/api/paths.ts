/** The paths of a node, a pure function of the environment, so that node and client agree. */
import { limits, SottoError, toHex, u32, utf8 } from "../base/index.ts";

/** Environment variables and facts about the user that the paths depend on. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home directory of the user; `undefined` if it is unknown. */
  readonly home: string | undefined;
  /** Directory for temporary files, shared with other users. */
  readonly temporary: string;
  /** Numeric user id; 0 where the system has none. */
  readonly uid: number;
  /** Directory in which the command runs; `undefined` if it was deleted. */
  readonly current: string | undefined;
}

export interface Paths {
  /** Account, keys and store. */
  readonly home: string;
  /** The settings file. */
  readonly config: string;
  /** The node's unix socket, at most `limits.socketPath` bytes. */
  readonly socket: string;
  /** The directory of the socket; created with mode 0700 if it does not exist. */
  readonly socketDirectory: string;
}

/**
 * `SOTTO_HOME` is one directory for everything. Without it the XDG directories are used, and
 * `SOTTO_PROFILE` selects one of several accounts. `SOTTO_SOCKET` sets the path of the socket. A
 * socket path that is too long is replaced by a short one, derived from the path of the home.
 * Throws `config-invalid` for a bad profile name, and for a path that depends on an unknown
 * directory; `socket-path-too-long` for a long SOTTO_SOCKET.
 */
export function resolvePaths(environment: Environment): Paths {
  const { env } = environment;
  const profile = profileOf(env.SOTTO_PROFILE);
  const base = env.SOTTO_HOME;
  const below = profile === undefined ? "sotto" : `sotto/profiles/${profile}`;
  const home = base
    ? absolute("SOTTO_HOME", base, environment)
    : `${xdg(env.XDG_DATA_HOME) ?? inHome(".local/share", environment)}/${below}`;
  const config = base
    ? `${home}/config.json`
    : `${xdg(env.XDG_CONFIG_HOME) ?? inHome(".config", environment)}/${below}/config.json`;
  const socket = socketPath(environment, home, profile);
  return { home, config, socket, socketDirectory: parentOf(socket) };
}

function profileOf(name: string | undefined): string | undefined {
  if (!name) return undefined;
  if (/^[A-Za-z0-9_-]{1,32}$/.test(name)) return name;
  throw new SottoError(
    "config-invalid",
    "SOTTO_PROFILE must be 1 to 32 letters, digits, hyphens and underscores.",
  );
}

function inHome(directory: string, { home }: Environment): string {
  if (home !== undefined) return `${home}/${directory}`;
  throw new SottoError(
    "config-invalid",
    "This user has no home directory. Set SOTTO_HOME to the absolute path of a directory.",
  );
}

function socketPath(environment: Environment, home: string, profile: string | undefined): string {
  const { env, temporary, uid } = environment;
  const chosen = env.SOTTO_SOCKET;
  if (chosen) {
    const path = absolute("SOTTO_SOCKET", chosen, environment);
    if (fits(path)) return path;
    throw new SottoError(
      "socket-path-too-long",
      `SOTTO_SOCKET is ${utf8(path).length} bytes long; a socket path can have ` +
        `${limits.socketPath}.`,
    );
  }
  const runtime = xdg(env.XDG_RUNTIME_DIR);
  const name = `${hash(home)}.sock`;
  const candidates = [
    ...(runtime && !env.SOTTO_HOME
      ? [`${runtime}/sotto/${profile === undefined ? "default" : `profile-${profile}`}.sock`]
      : []),
    `${home}/sotto.sock`,
    ...(runtime ? [`${runtime}/sotto/${name}`] : []),
  ];
  return candidates.find(fits) ?? `${trimmed(temporary)}/sotto-${uid}/${name}`;
}

const fits = (path: string) => utf8(path).length <= limits.socketPath;

/** The XDG Base Directory Specification: a relative path is to be ignored. */
const xdg = (value: string | undefined) => (value?.startsWith("/") ? trimmed(value) : undefined);

function absolute(variable: string, path: string, { current }: Environment): string {
  if (path.startsWith("/")) return trimmed(path);
  if (current !== undefined)
    return trimmed(`${trimmed(current)}/${path.replace(/^(?:\.\/)+/, "")}`);
  throw new SottoError(
    "config-invalid",
    `The current directory was deleted. Change to another one, or set ${variable} to an absolute ` +
      "path.",
  );
}

const trimmed = (path: string) => (path.length > 1 ? path.replace(/\/+$/, "") || "/" : path);

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";

/** A short name for a path: FNV-1a with two offsets; not cryptographic. */
function hash(text: string): string {
  const bytes = utf8(text);
  return [0x811c9dc5, 0x9747b28c]
    .map((offset) => {
      let value = offset;
      for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
      return toHex(u32(value >>> 0));
    })
    .join("");
}
