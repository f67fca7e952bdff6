/** What keeps the node, or a contact and us, from meeting. */
import type { DoctorMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers, Schemas } from "./method-types.ts";
import { nothing, who } from "./param-schemas.ts";

export const doctorSchemas: Schemas<DoctorMethods> = {
  "doctor.node": nothing,
  "doctor.contact": who,
};

export function doctorHandlers({ doctor }: DispatchParts): Handlers<DoctorMethods> {
  return {
    "doctor.node": doctor.node,
    "doctor.contact": ({ who }) => doctor.contact(who),
  };
}
