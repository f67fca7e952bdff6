/** Evidence, gathered when somebody asks. */
import type { AuditMethods } from "../../api/index.ts";
import { nothing } from "./checks.ts";
import type { DispatchParts, Handlers, Schemas } from "./shape.ts";

export const auditSchemas: Schemas<AuditMethods> = { "audit.show": nothing };

export function auditHandlers({ audit }: DispatchParts): Handlers<AuditMethods> {
  return { "audit.show": audit };
}
