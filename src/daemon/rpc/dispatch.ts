/** Dispatches a method call: checks the parameters and calls the handler. */
import { channel } from "node:diagnostics_channel";
import { allowsRow, checkParams, isMethod, methods } from "../../api/contract.ts";
import { type MethodName, type Methods, toRpcError } from "../../api/index.ts";
import { cutText, SottoError } from "../../base/index.ts";
import { type Access, unrestricted } from "./methods/access.ts";
import { auditHandlers } from "./methods/audit.ts";
import { backupHandlers } from "./methods/backup.ts";
import { contactHandlers } from "./methods/contact.ts";
import { conversationHandlers } from "./methods/conversation.ts";
import { doctorHandlers } from "./methods/doctor.ts";
import { eventHandlers, lockedEventHandlers } from "./methods/event.ts";
import { groupHandlers } from "./methods/group.ts";
import { inviteHandlers } from "./methods/invite.ts";
import { messageHandlers } from "./methods/message.ts";
import type { Caller, Controls, DispatchParts, Handlers } from "./methods/method-types.ts";
import { netHandlers } from "./methods/net.ts";
import { lockedHandlers, nodeHandlers } from "./methods/node.ts";
import { rpcHandlers } from "./methods/rpc.ts";
import { storeHandlers } from "./methods/store.ts";
import { tokenHandlers } from "./methods/token.ts";

/**
 * Throws `method-unknown`, `scope-missing`, `node-locked`, `params-invalid`, and what the method
 * throws.
 */
export type Dispatch = (method: string, params: unknown, caller: Caller) => Promise<unknown>;

/** A call from inside the process: it is not restricted or cancelled, and gets no events. */
export const inProcessCaller = (): Caller => ({
  access: unrestricted,
  restrict: () => undefined,
  signal: new AbortController().signal,
  subscribe: () => undefined,
});

/**
 * Every result, for the tests that compare it with the contract. A node does not check its own
 * results: a difference must not take a working answer from a user.
 */
const results = channel("sotto:result");
/** The code of every error that a method throws, for the same tests. */
const refusals = channel("sotto:refusal");

/** The dispatch of an open node. */
export function createDispatch(parts: DispatchParts): Dispatch {
  const all = handlersOf(parts);
  /** By what a connection may do, which is one object as long as it does not change. */
  const limited = new WeakMap<Access, Handlers<Methods>>();
  return dispatcher((access) => {
    const { peers } = access;
    if (peers === undefined) return all;
    const known = limited.get(access);
    if (known !== undefined) return known;
    const handlers = handlersOf({ ...parts, messenger: parts.messenger.limitedTo(peers) });
    limited.set(access, handlers);
    return handlers;
  });
}

function handlersOf(parts: DispatchParts): Handlers<Methods> {
  return {
    ...nodeHandlers(parts),
    ...inviteHandlers(parts),
    ...contactHandlers(parts),
    ...messageHandlers(parts),
    ...conversationHandlers(parts),
    ...groupHandlers(parts),
    ...eventHandlers(parts),
    ...netHandlers(parts),
    ...doctorHandlers(parts),
    ...auditHandlers(parts),
    ...storeHandlers(parts),
    ...backupHandlers(parts),
    ...rpcHandlers,
    ...tokenHandlers(parts),
  };
}

/** The dispatch of a locked node: throws `node-locked` for most methods. */
export function createLockedDispatch(controls: Controls): Dispatch {
  const handlers = {
    ...lockedHandlers(controls),
    ...lockedEventHandlers(controls),
    ...rpcHandlers,
  };
  return dispatcher(() => handlers);
}

function dispatcher(handlersFor: (access: Access) => Partial<Handlers<Methods>>): Dispatch {
  return async (method, params, caller) => {
    if (!isMethod(method))
      throw new SottoError("method-unknown", `The node has no method ${quote(method)}.`);
    requireAccess(caller.access, method);
    const handle = handlersFor(caller.access)[method];
    if (handle === undefined) throw new SottoError("node-locked", "The node is locked.");
    const checked = checkParams(method, params);
    try {
      const result = await (handle as (params: unknown, caller: Caller) => unknown)(
        checked,
        caller,
      );
      if (results.hasSubscribers) results.publish({ method, result });
      return result;
    } catch (error) {
      if (refusals.hasSubscribers) refusals.publish({ method, code: toRpcError(error).data.code });
      throw error;
    }
  };
}

/** Throws `scope-missing` where the connection may not call the method. */
function requireAccess({ rows, peers }: Access, method: MethodName): void {
  if (!allowsRow(rows, method))
    throw new SottoError("scope-missing", `The token of this connection does not allow ${method}.`);
  const { row, limited } = methods[method];
  if (peers !== undefined && row !== "every" && !limited)
    throw new SottoError(
      "scope-missing",
      `The token of this connection is limited to some contacts, and ${method} is not.`,
    );
}

/** Input of a caller, shortened for an error. */
function quote(text: string): string {
  const short = cutText(text, 64);
  return JSON.stringify(short === text ? text : `${short}…`);
}
