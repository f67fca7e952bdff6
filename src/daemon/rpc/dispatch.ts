/** Dispatches a method call: checks the parameters and calls the handler. */
import * as v from "valibot";
import type { MethodName, Methods } from "../../api/index.ts";
import { cutText, SottoError } from "../../base/index.ts";
import { auditHandlers, auditSchemas } from "./methods/audit.ts";
import { backupHandlers, backupSchemas } from "./methods/backup.ts";
import { contactHandlers, contactSchemas } from "./methods/contact.ts";
import { doctorHandlers, doctorSchemas } from "./methods/doctor.ts";
import { eventHandlers, eventSchemas } from "./methods/event.ts";
import { inviteHandlers, inviteSchemas } from "./methods/invite.ts";
import { messageHandlers, messageSchemas } from "./methods/message.ts";
import type { Caller, Controls, DispatchParts, Handlers, Schemas } from "./methods/method-types.ts";
import { netHandlers, netSchemas } from "./methods/net.ts";
import { lockedHandlers, nodeHandlers, nodeSchemas } from "./methods/node.ts";
import { storeHandlers, storeSchemas } from "./methods/store.ts";

/** Throws `method-unknown`, `node-locked`, `params-invalid`, and what the method throws. */
export type Dispatch = (method: string, params: unknown, caller: Caller) => Promise<unknown>;

/** A call from inside the process: it is not cancelled, and gets no events. */
export const inProcessCaller = (): Caller => ({
  signal: new AbortController().signal,
  subscribe: () => undefined,
});

const schemas: Schemas<Methods> = {
  ...nodeSchemas,
  ...inviteSchemas,
  ...contactSchemas,
  ...messageSchemas,
  ...eventSchemas,
  ...netSchemas,
  ...doctorSchemas,
  ...auditSchemas,
  ...storeSchemas,
  ...backupSchemas,
};

/** The dispatch of an open node. */
export function createDispatch(parts: DispatchParts): Dispatch {
  return dispatcher({
    ...nodeHandlers(parts),
    ...inviteHandlers(parts),
    ...contactHandlers(parts),
    ...messageHandlers(parts),
    ...eventHandlers(parts),
    ...netHandlers(parts),
    ...doctorHandlers(parts),
    ...auditHandlers(parts),
    ...storeHandlers(parts),
    ...backupHandlers(parts),
  } satisfies Handlers<Methods>);
}

/** The dispatch of a locked node: throws `node-locked` for most methods. */
export function createLockedDispatch(controls: Controls): Dispatch {
  return dispatcher(lockedHandlers(controls));
}

function dispatcher(handlers: Partial<Handlers<Methods>>): Dispatch {
  return async (method, params, caller) => {
    if (!Object.hasOwn(schemas, method))
      throw new SottoError("method-unknown", `The node has no method ${quote(method)}.`);
    const name = method as MethodName;
    const handle = handlers[name];
    if (handle === undefined) throw new SottoError("node-locked", "The node is locked.");
    // An empty array would pass as an object without properties.
    if (Array.isArray(params))
      throw new SottoError("params-invalid", "The parameters must be an object.");
    const checked = v.safeParse(schemas[name], params ?? {});
    if (!checked.success) throw paramsInvalid(checked.issues);
    return (handle as (params: unknown, caller: Caller) => unknown)(checked.output, caller);
  };
}

/** The first problem, with its path. */
function paramsInvalid(issues: readonly v.BaseIssue<unknown>[]): SottoError {
  const [issue] = issues;
  const place = (issue && v.getDotPath(issue)) ?? "the parameters";
  return new SottoError("params-invalid", `${quote(place)}: ${issue?.message ?? "invalid"}.`);
}

/** Input of a caller, shortened for an error. */
function quote(text: string): string {
  const short = cutText(text, 64);
  return JSON.stringify(short === text ? text : `${short}…`);
}
