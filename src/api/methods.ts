/**
 * The table of methods: `noun.verb`, named parameters, plain JSON. From this one table come the
 * types of the client, the validation in the daemon, the scopes, docs/API.md and the OpenRPC
 * document.
 */
import type { ErrorCode } from "../base/index.ts";
import { auditMethods } from "./methods/audit.ts";
import { backupMethods } from "./methods/backup.ts";
import { contactMethods } from "./methods/contact.ts";
import { conversationMethods } from "./methods/conversation.ts";
import { doctorMethods } from "./methods/doctor.ts";
import { generalErrors } from "./methods/errors.ts";
import { eventMethods } from "./methods/event.ts";
import { groupMethods } from "./methods/group.ts";
import { inviteMethods } from "./methods/invite.ts";
import { messageMethods } from "./methods/message.ts";
import type { MethodTypes } from "./methods/method.ts";
import { netMethods } from "./methods/net.ts";
import { nodeMethods } from "./methods/node.ts";
import { rpcMethods } from "./methods/rpc.ts";
import { storeMethods } from "./methods/store.ts";
import { tokenMethods } from "./methods/token.ts";
import { type Row, rowsOf, type Scope } from "./scopes.ts";

export const methods = {
  ...nodeMethods,
  ...inviteMethods,
  ...contactMethods,
  ...messageMethods,
  ...conversationMethods,
  ...groupMethods,
  ...eventMethods,
  ...netMethods,
  ...doctorMethods,
  ...auditMethods,
  ...storeMethods,
  ...backupMethods,
  ...rpcMethods,
  ...tokenMethods,
};

export type Methods = MethodTypes<typeof methods>;
export type MethodName = keyof Methods;
export type Params<Name extends MethodName> = Methods[Name]["params"];
export type Result<Name extends MethodName> = Methods[Name]["result"];

/** Whether there is a method of this name. */
export const isMethod = (name: string): name is MethodName => Object.hasOwn(methods, name);

/** Whether a node may answer a call of the method with this error. */
export const mayAnswer = (method: MethodName, code: ErrorCode): boolean =>
  isOneOf(generalErrors, code) || isOneOf(methods[method].errors, code);

const isOneOf = (codes: readonly ErrorCode[], code: ErrorCode): boolean => codes.includes(code);

/** Whether a connection of this scope may call the method; never for an unknown one. */
export const allows = (scope: Scope, method: string): boolean =>
  allowsRow(new Set(rowsOf(scope)), method);

/** Whether a connection with these rows of methods may call the method. */
export const allowsRow = (rows: ReadonlySet<Row>, method: string): boolean =>
  isMethod(method) && rows.has(methods[method].row);
