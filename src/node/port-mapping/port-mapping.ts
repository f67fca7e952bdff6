/**
 * Keeps a port mapping on the router, requested by NAT-PMP and UPnP one after the other, so that
 * two are never open.
 */
import { limits } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { PortMapState } from "../model/config.ts";
import type { Gateway } from "./default-gateway.ts";
import { requestNatPmp } from "./nat-pmp.ts";
import type { GatewayRequest, Lease, NoLease, RequestMapping } from "./types.ts";

export type MappingProtocol = NonNullable<PortMapState["by"]>;

export interface PortMapperOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Finds the gateway; called before each request. */
  readonly gateway: () => Promise<Gateway | undefined>;
  /** The TCP port that we listen on behind a router; `undefined` if we are behind none. */
  readonly port: () => number | undefined;
  /** Called when our external address has changed or is lost. */
  readonly changed: () => void;
}

/** Loaded only if NAT-PMP maps no port: UPnP needs Node's HTTP client. */
const requestUpnp: RequestMapping = async (...args) =>
  (await import("./upnp.ts")).requestUpnp(...args);

const requesters: Readonly<Record<MappingProtocol, RequestMapping>> = {
  "nat-pmp": requestNatPmp,
  upnp: requestUpnp,
};

interface ActiveMapping {
  readonly by: MappingProtocol;
  readonly lease: Lease;
  /** Our own port that it forwards to. */
  readonly inside: number;
}

/** Keeps one port mapping and removes it at the end. */
export class PortMapper {
  readonly #options: PortMapperOptions;
  #active: ActiveMapping | undefined;
  /** NAT-PMP needs one packet only; the protocol that mapped the last port is tried first. */
  #order: readonly MappingProtocol[] = ["nat-pmp", "upnp"];
  #state: PortMapState = { state: "none" };
  #cancel = (): void => undefined;
  #requesting: Promise<void> | undefined;
  /** Whether a renewal came during the running request. */
  #again = false;
  readonly #stopping = new AbortController();

  constructor(options: PortMapperOptions) {
    this.#options = options;
  }

  state(): PortMapState {
    return this.#state;
  }

  /**
   * Requests the mapping now, and renews it in time. A call during a request makes another one
   * after it: port or network may have changed since that one began.
   */
  renew(): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancel();
    if (this.#requesting !== undefined) {
      this.#again = true;
      return;
    }
    this.#requesting = this.#request().finally(() => {
      this.#requesting = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.renew();
    });
  }

  /** Removes the mapping. */
  async stop(): Promise<void> {
    this.#cancel();
    this.#stopping.abort();
    await this.#requesting;
    await this.#releaseUnless(undefined);
  }

  /** Removes the mapping unless it forwards to this port. */
  async #releaseUnless(port: number | undefined): Promise<void> {
    const active = this.#active;
    if (active === undefined || active.inside === port) return;
    this.#active = undefined;
    await active.lease.release();
  }

  async #request(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    const port = this.#options.port();
    const gateway = port === undefined ? undefined : await this.#options.gateway();
    let [seconds, state]: [number, PortMapState] = [limits.portMapSeconds, { state: "none" }];
    await this.#releaseUnless(port);
    if (gateway !== undefined && port !== undefined && !signal.aborted) {
      const found = await this.#firstLease({ gateway, clock, signal }, port);
      if (typeof found === "string") state = { state: found };
      else {
        const { by, lease } = found;
        const before = this.#active?.lease;
        this.#active = found;
        if (before !== undefined && before.key !== lease.key) await before.release();
        state = { state: "mapped", by, address: `/ip4/${lease.ip}/tcp/${lease.port}` };
        seconds = Math.min(seconds, Math.max(120, lease.seconds));
      }
    }
    if (signal.aborted) return;
    this.#cancel = clock.after(seconds * 500, () => this.renew());
    const before = this.#state;
    this.#state = state;
    if (before.state === state.state && before.address === state.address) return;
    log("portmap.changed", { state: state.state, ...(state.by && { by: state.by }) });
    this.#options.changed();
  }

  /**
   * The first lease that a protocol returns. The protocol of the current one is asked for the same
   * port.
   */
  async #firstLease(request: GatewayRequest, port: number): Promise<ActiveMapping | NoLease> {
    const active = this.#active;
    let none: NoLease = "silent";
    for (const by of this.#order) {
      if (request.signal.aborted) break;
      const wanted = active?.by === by ? active.lease.port : port;
      const answer = await requesters[by](request, port, wanted);
      if (typeof answer !== "string") {
        this.#order = by === "upnp" ? ["upnp", "nat-pmp"] : ["nat-pmp", "upnp"];
        return { by, lease: answer, inside: port };
      }
      if (answer === "refused") none = answer;
    }
    return none;
  }
}
