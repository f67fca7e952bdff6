/**
 * A port of the router that leads to us: asked for in NAT-PMP and in UPnP, one after the other, so
 * that two are never open.
 */
import { limits } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { PortMapState } from "../model/config.ts";
import type { Gateway } from "./default-gateway.ts";
import { requestNatPmp } from "./nat-pmp.ts";
import type { GatewayRequest, Lease, NoLease, RequestMapping } from "./types.ts";

export type MappingProtocol = NonNullable<PortMapState["by"]>;

export interface PortMapOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Whom to ask; looked up before each time. */
  readonly gateway: () => Promise<Gateway | undefined>;
  /** The TCP port that we listen on behind a router; `undefined` where there is none. */
  readonly port: () => number | undefined;
  /** Told when we have another address outside, or none any more. */
  readonly changed: () => void;
}

/** Loaded only where NAT-PMP gave nothing: UPnP brings Node's HTTP along. */
const askUpnp: RequestMapping = async (...asked) =>
  (await import("./upnp.ts")).requestUpnp(...asked);

const requesters: Readonly<Record<MappingProtocol, RequestMapping>> = {
  "nat-pmp": requestNatPmp,
  upnp: askUpnp,
};

interface ActiveMapping {
  readonly by: MappingProtocol;
  readonly lease: Lease;
  /** Our own port that it leads to. */
  readonly inside: number;
}

/** Keeps one port of the router open to us, and gives it back at the end. */
export class PortMapper {
  readonly #options: PortMapOptions;
  #held: ActiveMapping | undefined;
  /** NAT-PMP takes one packet; whoever gave the last port is asked first from then on. */
  #ways: readonly MappingProtocol[] = ["nat-pmp", "upnp"];
  #state: PortMapState = { state: "none" };
  #cancel = (): void => undefined;
  #asking: Promise<void> | undefined;
  readonly #leaving = new AbortController();

  constructor(options: PortMapOptions) {
    this.#options = options;
  }

  state(): PortMapState {
    return this.#state;
  }

  /** Asks now, and again in time. */
  ask(): void {
    if (this.#leaving.signal.aborted) return;
    this.#cancel();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
  }

  /** Gives the port back. */
  async stop(): Promise<void> {
    this.#cancel();
    this.#leaving.abort();
    await this.#asking;
    await this.#giveBack(undefined);
  }

  /** Gives back what we hold, unless it leads to this port. */
  async #giveBack(port: number | undefined): Promise<void> {
    const held = this.#held;
    if (held === undefined || held.inside === port) return;
    this.#held = undefined;
    await held.lease.release();
  }

  async #ask(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#leaving;
    const port = this.#options.port();
    const gateway = port === undefined ? undefined : await this.#options.gateway();
    let [seconds, state]: [number, PortMapState] = [limits.portMapSeconds, { state: "none" }];
    await this.#giveBack(port);
    if (gateway !== undefined && port !== undefined && !signal.aborted) {
      const found = await this.#first({ gateway, clock, signal }, port);
      if (typeof found === "string") state = { state: found };
      else {
        const { by, lease } = found;
        const before = this.#held?.lease;
        this.#held = found;
        if (before !== undefined && before.key !== lease.key) await before.release();
        state = { state: "mapped", by, address: `/ip4/${lease.ip}/tcp/${lease.port}` };
        seconds = Math.min(seconds, Math.max(120, lease.seconds));
      }
    }
    if (signal.aborted) return;
    this.#cancel = clock.after(seconds * 500, () => this.ask());
    const before = this.#state;
    this.#state = state;
    if (before.state === state.state && before.address === state.address) return;
    log("portmap.changed", { state: state.state, ...(state.by && { by: state.by }) });
    this.#options.changed();
  }

  /** The first lease that is given; what gave the last one is asked for the same port. */
  async #first(asking: GatewayRequest, port: number): Promise<ActiveMapping | NoLease> {
    const held = this.#held;
    let none: NoLease = "silent";
    for (const by of this.#ways) {
      if (asking.signal.aborted) break;
      const wanted = held?.by === by ? held.lease.port : port;
      const answer = await requesters[by](asking, port, wanted);
      if (typeof answer !== "string") {
        this.#ways = by === "upnp" ? ["upnp", "nat-pmp"] : ["nat-pmp", "upnp"];
        return { by, lease: answer, inside: port };
      }
      if (answer === "refused") none = answer;
    }
    return none;
  }
}
