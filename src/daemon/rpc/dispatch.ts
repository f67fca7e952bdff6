/** Dispatches a method call: checks the parameters and calls the handler. */
import { channel } from "node:diagnostics_channel";
import { checkParams, isMethod } from "../../api/contract.ts";
import type { Methods } from "../../api/index.ts";
import { cutText, SottoError } from "../../base/index.ts";
import { auditHandlers } from "./methods/audit.ts";
import { backupHandlers } from "./methods/backup.ts";
import { contactHandlers } from "./methods/contact.ts";
import { doctorHandlers } from "./methods/doctor.ts";
import { eventHandlers } from "./methods/event.ts";
import { inviteHandlers } from "./methods/invite.ts";
import { messageHandlers } from "./methods/message.ts";
import type { Caller, Controls, DispatchParts, Handlers } from "./methods/method-types.ts";
import { netHandlers } from "./methods/net.ts";
import { lockedHandlers, nodeHandlers } from "./methods/node.ts";
import { rpcHandlers } from "./methods/rpc.ts";
import { storeHandlers } from "./methods/store.ts";

/** Throws `method-unknown`, `node-locked`, `params-invalid`, and what the method throws. */
export type Dispatch = (method: string, params: unknown, caller: Caller) => Promise<unknown>;

/** A call from inside the process: it is not cancelled, and gets no events. */
export const inProcessCaller = (): Caller => ({
  signal: new AbortController().signal,
  subscribe: () => undefined,
});

/**
 * Every result, for the tests that compare it with the contract. A node does not check its own
 * results: a difference must not take a working answer from a user.
 */
const results = channel("sotto:result");

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
    ...rpcHandlers,
  } satisfies Handlers<Methods>);
}

/** The dispatch of a locked node: throws `node-locked` for most methods. */
export function createLockedDispatch(controls: Controls): Dispatch {
  return dispatcher({ ...lockedHandlers(controls), ...rpcHandlers });
}

function dispatcher(handlers: Partial<Handlers<Methods>>): Dispatch {
  return async (method, params, caller) => {
    if (!isMethod(method))
      throw new SottoError("method-unknown", `The node has no method ${quote(method)}.`);
    const handle = handlers[method];
    if (handle === undefined) throw new SottoError("node-locked", "The node is locked.");
    const checked = checkParams(method, params);
    const result = await (handle as (params: unknown, caller: Caller) => unknown)(checked, caller);
    if (results.hasSubscribers) results.publish({ method, result });
    return result;
  };
}

/** Input of a caller, shortened for an error. */
function quote(text: string): string {
  const short = cutText(text, 64);
  return JSON.stringify(short === text ? text : `${short}…`);
}
