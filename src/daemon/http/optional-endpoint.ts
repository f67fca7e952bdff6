/**
 * The HTTP endpoint of a node that may have none. Its code is loaded only where the settings name a
 * port. A node whose endpoint cannot open runs without it, and its status says why.
 */
import type { NodeEvent, NodeStatus } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import type { Log } from "../../ports/index.ts";
import type { HttpEndpoint, HttpOptions } from "./http-endpoint.ts";

export interface OptionalEndpoint extends Omit<HttpEndpoint, "url"> {
  /** `undefined` where it is off. */
  state(): NodeStatus["http"];
  /** Opens it where a port is given. */
  open(options: Omit<HttpOptions, "port">): Promise<void>;
}

/** @param port of the settings. */
export function createOptionalEndpoint(port: number | undefined, log: Log): OptionalEndpoint {
  let endpoint: HttpEndpoint | undefined;
  let error: string | undefined;
  return {
    state() {
      if (port === undefined) return undefined;
      return { ...(endpoint && { url: endpoint.url }), ...(error !== undefined && { error }) };
    },
    async open(options) {
      if (port === undefined) return;
      try {
        const { openHttpEndpoint } = await import("./http-endpoint.ts");
        endpoint = await openHttpEndpoint({ ...options, port });
      } catch (fault) {
        error = fault instanceof SottoError ? fault.code : "internal";
        log("http.failed", { code: error });
      }
    },
    offer: (event: NodeEvent) => endpoint?.offer(event),
    changeState: (state) => endpoint?.changeState(state),
    revoke: (token) => endpoint?.revoke(token),
    async close() {
      await endpoint?.close();
      endpoint = undefined;
    },
  };
}
