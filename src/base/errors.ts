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

/** The last branch of an exhaustive switch: compiles only while every case is handled. */
export function never(value: never): never {
  throw new Error(`unreachable case: ${String(value)}`);
}
