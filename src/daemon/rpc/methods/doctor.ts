/** The `doctor.*` methods: diagnosis of the node and of a contact. */
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
