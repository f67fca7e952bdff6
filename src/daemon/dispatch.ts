/** Method and parameters in, result out: the one way into a node, whichever door they came through. */
import * as v from "valibot";
import type { MethodName, Methods } from "../api/index.ts";
import { SottoError } from "../base/index.ts";
import { contactHandlers, contactSchemas } from "./methods/contact.ts";
import { eventHandlers, eventSchemas } from "./methods/event.ts";
import { inviteHandlers, inviteSchemas } from "./methods/invite.ts";
import { messageHandlers, messageSchemas } from "./methods/message.ts";
import { netHandlers, netSchemas } from "./methods/net.ts";
import { nodeHandlers, nodeSchemas } from "./methods/node.ts";
import type { Caller, DispatchParts, Handlers, Schemas } from "./methods/shape.ts";

/** Throws `method-unknown`, `params-invalid`, and what the method throws. */
export type Dispatch = (method: string, params: unknown, caller: Caller) => Promise<unknown>;

const schemas: Schemas<Methods> = {
  ...nodeSchemas,
  ...inviteSchemas,
  ...contactSchemas,
  ...messageSchemas,
  ...eventSchemas,
  ...netSchemas,
};

export function createDispatch(parts: DispatchParts): Dispatch {
  const handlers: Handlers<Methods> = {
    ...nodeHandlers(parts),
    ...inviteHandlers(parts),
    ...contactHandlers(parts),
    ...messageHandlers(parts),
    ...eventHandlers(parts),
    ...netHandlers(parts),
  };
  return async (method, params, caller) => {
    if (!Object.hasOwn(handlers, method))
      throw new SottoError("method-unknown", `The node knows no method ${quote(method)}.`);
    const name = method as MethodName;
    // An empty list would pass as an object without properties.
    if (Array.isArray(params))
      throw new SottoError("params-invalid", "Parameters are given by name, as an object.");
    const checked = v.safeParse(schemas[name], params ?? {});
    if (!checked.success) throw paramsInvalid(checked.issues);
    return (handlers[name] as (params: unknown, caller: Caller) => unknown)(checked.output, caller);
  };
}

/** Names the first thing that is wrong, and where. */
function paramsInvalid(issues: readonly v.BaseIssue<unknown>[]): SottoError {
  const [issue] = issues;
  const place = (issue && v.getDotPath(issue)) ?? "the parameters";
  return new SottoError("params-invalid", `${quote(place)}: ${issue?.message ?? "invalid"}.`);
}

/** What a caller wrote, short enough for an error. */
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
