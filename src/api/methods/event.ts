/** Events, as they happen. */
import type { EventType } from "../events.ts";
import type { Method, Nothing } from "./shape.ts";

export interface EventMethods {
  /** From now on, notifications named `event` follow on this connection. Again: replaces the filter. */
  "event.subscribe": Method<
    {
      readonly from?: string | undefined;
      readonly types?: readonly EventType[] | undefined;
    },
    Nothing
  >;
}
