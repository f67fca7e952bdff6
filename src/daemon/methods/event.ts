/** Events. */
import * as v from "valibot";
import { accountOf, type EventMethods, type EventType, eventTypes } from "../../api/index.ts";
import { short } from "./checks.ts";
import type { DispatchParts, Handlers, Schemas } from "./shape.ts";

export const eventSchemas: Schemas<EventMethods> = {
  "event.subscribe": v.strictObject({
    from: v.optional(short),
    types: v.optional(v.array(v.picklist(eventTypes))),
  }),
};

export function eventHandlers({ messenger }: DispatchParts): Handlers<EventMethods> {
  return {
    "event.subscribe": ({ from, types }, caller) => {
      const account = from === undefined ? undefined : messenger.contact(from).account;
      const kinds = types === undefined ? undefined : new Set<EventType>(types);
      caller.subscribe(
        (event) =>
          (account === undefined || accountOf(event) === account) &&
          (kinds === undefined || kinds.has(event.type)),
      );
      return {};
    },
  };
}
