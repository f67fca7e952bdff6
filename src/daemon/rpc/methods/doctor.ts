/** The `doctor.*` methods: diagnosis of the node and of a contact. */
import type { DoctorMethods } from "../../../api/index.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function doctorHandlers({ doctor }: DispatchParts): Handlers<DoctorMethods> {
  return {
    "doctor.node": doctor.node,
    "doctor.contact": ({ who }) => doctor.contact(who),
  };
}
