/**
 * Errors. A refusal that is part of the protocol is a value; everything else that can go wrong is a
 * `SottoError` with a code from the table. A test compares `docs/ERRORS.md` with the table.
 */
import { type ErrorClass, errorTable } from "./error-table.ts";

/** A code from the table. */
export type ErrorCode = keyof typeof errorTable;

/** An error with a code. Its message states what happened and why, its remedy what to do next. */
export class SottoError extends Error {
  override readonly name = "SottoError";
  readonly code: ErrorCode;

  /**
   * @param message what happened, one plain sentence with no secret, no key and no message text.
   */
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get class(): ErrorClass {
    return errorTable[this.code].class;
  }

  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}

/** Whether an error has one of these codes, such as `ENOENT` of the operating system. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

const systemReasons: Readonly<Record<string, readonly [reason: string, code?: ErrorCode]>> = {
  EACCES: ["permission denied"],
  EPERM: ["permission denied"],
  EROFS: ["the file system is read-only"],
  ENOENT: ["it does not exist"],
  ENOTDIR: ["a part of the path is a file, not a directory"],
  EISDIR: ["it is a directory"],
  EEXIST: ["there is a file of this name"],
  ELOOP: ["too many symbolic links"],
  ENAMETOOLONG: ["the path is too long"],
  EIO: ["the disk reports an error"],
  EBUSY: ["it is in use"],
  EMFILE: ["too many open files", "too-many-files"],
  ENFILE: ["too many open files", "too-many-files"],
  EAGAIN: ["a limit of processes or memory is reached", "out-of-resources"],
  ENOMEM: ["there is not enough memory", "out-of-resources"],
  E2BIG: ["the arguments are too long"],
  // What Node reports for a package that it cannot read, also because of too many open files.
  ERR_MODULE_NOT_FOUND: ["a part of Sotto cannot be loaded", "not-loadable"],
  ENOSPC: ["the disk is full", "disk-full"],
  EDQUOT: ["the disk quota is used up", "disk-full"],
};

/**
 * The error for a refusal of the operating system, which is no bug: `system-refused`,
 * `too-many-files`, `out-of-resources` or `disk-full`. `undefined` for any other error.
 * @param what what failed, without the final period; by default the path that the system named.
 */
export function systemError(error: unknown, what?: string): SottoError | undefined {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string"))
    return undefined;
  const known = Object.hasOwn(systemReasons, error.code) ? systemReasons[error.code] : undefined;
  if (known === undefined) return undefined;
  const [reason, code = "system-refused"] = known;
  const path = "path" in error && typeof error.path === "string" ? ` ${error.path}` : "";
  return new SottoError(code, `${what ?? `Cannot use${path || " a file"}`}: ${reason}.`, {
    cause: error,
  });
}

/** The last branch of an exhaustive switch: compiles only while every case is handled. */
export function never(value: never): never {
  throw new Error(`unreachable case: ${String(value)}`);
}
