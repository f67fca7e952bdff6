/** Requests and responses of JSON-RPC 2.0, whatever carries them. */
import { toRpcError } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Caller } from "./methods/method-types.ts";

export interface Request {
  readonly jsonrpc: "2.0";
  /** Absent in a notification, which gets no response. */
  readonly id?: string | number | null;
  readonly method: string;
  readonly params?: unknown;
}

/** A response without its version. */
export type Response = { readonly id: string | number | null } & (
  | { readonly result: unknown }
  | { readonly error: object }
);

/** JSON-RPC 2.0 §5.1: the text is JSON, but not a request. */
const INVALID_REQUEST = -32600;

/** The request of a text, or the response to a text that is none. */
export function requestOf(text: string): Request | Extract<Response, { error: object }> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused("This is not JSON.");
  }
  return isRequest(value) ? value : refused("This is not a JSON-RPC 2.0 request.", INVALID_REQUEST);
}

/** The response to what is no request. */
export function refused(why: string, code?: number): Extract<Response, { error: object }> {
  const error = toRpcError(new SottoError("request-malformed", why));
  return { id: null, error: code === undefined ? error : { ...error, code } };
}

/** Calls the method; an error becomes a part of the response. */
export async function answerOf(
  dispatch: Dispatch,
  { id = null, method, params }: Request,
  caller: Caller,
): Promise<Response> {
  try {
    return { id, result: await dispatch(method, params, caller) };
  } catch (error) {
    return { id, error: toRpcError(error) };
  }
}

function isRequest(value: unknown): value is Request {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { jsonrpc, id, method } = value as Record<string, unknown>;
  const hasId = id === undefined || id === null || typeof id === "string" || typeof id === "number";
  return jsonrpc === "2.0" && typeof method === "string" && hasId;
}
