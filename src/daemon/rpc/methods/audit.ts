/** The `audit.*` methods. */
import type { AuditMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function auditHandlers({ audit }: DispatchParts): Handlers<AuditMethods> {
  return { "audit.show": audit };
}
