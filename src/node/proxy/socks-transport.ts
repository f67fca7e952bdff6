/** The proxy that everything is dialled through, and the transport that knows no other way. */
import type { Socket } from "node:net";
import type { Transport } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits, toHex } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { ProxyAddress, ProxyCredentials, ProxyState } from "../model/config.ts";
import { endpointOf, hostOf, parseAddress, portOf } from "../util/address.ts";
import { deadline } from "../util/deadline.ts";
import { proxyText } from "./proxy-address.ts";
import { connectThrough, probeProxy, SocksError } from "./socks5.ts";

/** What the transport is given for a dial. */
interface DialOptions {
  readonly signal: AbortSignal;
  /** Names whom the connection is for: it shares no circuit of Tor with any other. */
  readonly isolationKey?: string;
}

export class SocksProxy {
  readonly #place: ProxyAddress;
  readonly #clock: Clock;
  readonly #log: Log;
  /**
   * A name of its own for each contact, drawn for this run: Tor keeps streams of different names on
   * different circuits.
   */
  readonly #logins = new Map<string, ProxyCredentials>();
  #state: ProxyState;
  #cancel = (): void => undefined;
  #stopped = false;

  constructor(place: ProxyAddress, clock: Clock, log: Log) {
    this.#place = place;
    this.#clock = clock;
    this.#log = log;
    this.#state = { address: proxyText(place), state: "untried" };
  }

  state(): ProxyState {
    return this.#state;
  }

  /** Looks whether the proxy is there, now and, as long as it is not, again. */
  async check(): Promise<ProxyState> {
    this.#cancel();
    const limit = deadline(this.#clock, limits.proxyGreeting);
    try {
      await probeProxy(this.#place, this.#login(""), limit.signal);
      this.#note(undefined);
    } catch (error) {
      this.#note(error instanceof SocksError ? error : new SocksError("down", "timed out"));
    } finally {
      limit.clear();
    }
    return this.#state;
  }

  /** A connection to an address. Throws `SocksFault`, or what the signal says. */
  async connect(address: Multiaddr, { signal, isolationKey = "" }: DialOptions): Promise<Socket> {
    const host = endpointOf(address)?.ip ?? hostOf(address);
    const to = { host, port: portOf(address) };
    try {
      const socket = await connectThrough(this.#place, to, this.#login(isolationKey), signal);
      this.#note(undefined);
      return socket;
    } catch (error) {
      if (error instanceof SocksError) this.#note(error.kind === "far" ? undefined : error);
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A proxy that wants to know who we are is told that, and keeps nothing isolationKey. */
  #login(isolationKey: string): ProxyCredentials {
    if (this.#place.login !== undefined) return this.#place.login;
    const known = this.#logins.get(isolationKey);
    if (known !== undefined) return known;
    const name = toHex(crypto.getRandomValues(new Uint8Array(16)));
    const login = { user: name, password: name };
    this.#logins.set(isolationKey, login);
    for (const oldest of this.#logins.keys()) {
      if (this.#logins.size <= limits.proxyCircuits) break;
      this.#logins.delete(oldest);
    }
    return login;
  }

  #note(fault: SocksError | undefined): void {
    const { address, state: before } = this.#state;
    const state = fault === undefined ? "working" : fault.kind === "down" ? "down" : "refused";
    this.#state = { address, state, ...(fault && { error: fault.message }) };
    if (state !== before) this.#log("proxy.changed", { state });
    this.#cancel();
    if (state === "working" || this.#stopped) return;
    this.#cancel = this.#clock.after(limits.proxyRecheck, () => void this.check());
  }
}

/** The part of @libp2p/tcp that makes the socket; listening and upgrading stay its own. */
interface Connecting {
  _connect(address: Multiaddr, options: DialOptions): Promise<Socket>;
}

type Create = ReturnType<typeof tcp>;

/**
 * TCP whose every dial goes through the proxy, with names and onion services as they are.
 * @libp2p/tcp has no option for it, so the one method that makes its sockets is put in the place of
 * its own. A version without it must not dial past the proxy: throws then.
 */
export function proxiedTcp(proxy: SocksProxy): Create {
  const create = tcp();
  return (components) => {
    const transport = create(components);
    const connecting = transport as unknown as Connecting;
    if (typeof connecting._connect !== "function") throw new Error("@libp2p/tcp has changed");
    connecting._connect = (address, options) => proxy.connect(address, options);
    transport.dialFilter = ((addresses) =>
      addresses.filter(
        (address) => parseAddress(address.toString()) !== undefined,
      )) satisfies Transport["dialFilter"];
    return transport;
  };
}
