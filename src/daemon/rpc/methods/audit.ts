/** The `audit.*` methods. */
import type { AuditMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers, Schemas } from "./method-types.ts";
import { nothing } from "./param-schemas.ts";

export const auditSchemas: Schemas<AuditMethods> = { "audit.show": nothing };

export function auditHandlers({ audit }: DispatchParts): Handlers<AuditMethods> {
  return { "audit.show": audit };
}
