/** Converts between SottoError and JSON-RPC errors. */
import { type ErrorCode, errorTable, SottoError, systemError } from "../base/index.ts";

/** The error `params-invalid`, with the field that is wrong: a path such as `next.kind`. */
export class ParamsInvalid extends SottoError {
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super("params-invalid", message);
    this.field = field;
  }
}

/** The error of a JSON-RPC 2.0 response. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: {
    readonly code: ErrorCode;
    readonly remedy: string;
    /** Of `params-invalid`: the path of the wrong field, such as `next.kind`. */
    readonly field?: string;
  };
}

/** Codes of JSON-RPC 2.0 §5.1; every other error has one code of its server range. */
const numbers: Partial<Record<ErrorCode, number>> = {
  "request-malformed": -32700,
  "method-unknown": -32601,
  "params-invalid": -32602,
  internal: -32603,
};
const SERVER_ERROR = -32000;

/** The number of an error in a JSON-RPC response. */
export const numberOf = (code: ErrorCode): number => numbers[code] ?? SERVER_ERROR;

/**
 * Any error as a JSON-RPC error. One that is neither a `SottoError` nor a refusal of the
 * operating system is a bug and reveals no details.
 */
export function toRpcError(error: unknown): RpcError {
  const fault =
    error instanceof SottoError
      ? error
      : (systemError(error, "The node could not do this") ??
        new SottoError("internal", "An unexpected error occurred."));
  return {
    code: numberOf(fault.code),
    message: fault.message,
    data: {
      code: fault.code,
      remedy: fault.remedy,
      ...(fault instanceof ParamsInvalid && fault.field !== undefined && { field: fault.field }),
    },
  };
}

/** The error in a JSON-RPC response; a code that this version does not know becomes `internal`. */
export function fromRpcError(error: unknown): SottoError {
  const { message, data } = (error ?? {}) as { message?: unknown; data?: { code?: unknown } };
  const text = typeof message === "string" ? message : "The node returned an unknown error.";
  const code = data?.code;
  const known = typeof code === "string" && Object.hasOwn(errorTable, code);
  return new SottoError(known ? (code as ErrorCode) : "internal", text);
}
