/**
 * The table of methods: `noun.verb`, named parameters, plain JSON. Types only, so that a client
 * loads no schema library; the compiler keeps the daemon's schemas equal to these types.
 */

import type { AuditMethods } from "./methods/audit.ts";
import type { BackupMethods } from "./methods/backup.ts";
import type { ContactMethods } from "./methods/contact.ts";
import type { DoctorMethods } from "./methods/doctor.ts";
import type { EventMethods } from "./methods/event.ts";
import type { InviteMethods } from "./methods/invite.ts";
import type { MessageMethods } from "./methods/message.ts";
import type { NetMethods } from "./methods/net.ts";
import type { NodeMethods } from "./methods/node.ts";
import type { StoreMethods } from "./methods/store.ts";

export interface Methods
  extends NodeMethods,
    InviteMethods,
    ContactMethods,
    MessageMethods,
    EventMethods,
    NetMethods,
    DoctorMethods,
    AuditMethods,
    StoreMethods,
    BackupMethods {}

export type MethodName = keyof Methods;
export type Params<Name extends MethodName> = Methods[Name]["params"];
export type Result<Name extends MethodName> = Methods[Name]["result"];
