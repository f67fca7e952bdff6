/**
 * The proxy that everything is dialed through, and a libp2p transport that dials only through it.
 */
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

/** The dial options that the transport passes on. */
interface DialOptions {
  readonly signal: AbortSignal;
  /** Names the contact that is dialed: connections of different keys share no Tor circuit. */
  readonly isolationKey?: string;
}

/** Dials through the proxy, and checks whether it works. */
export class SocksProxy {
  readonly #address: ProxyAddress;
  readonly #clock: Clock;
  readonly #log: Log;
  /**
   * Random credentials per contact, for this run only: Tor isolates streams with different
   * credentials.
   */
  readonly #logins = new Map<string, ProxyCredentials>();
  #state: ProxyState;
  #cancel = (): void => undefined;
  #stopped = false;

  constructor(address: ProxyAddress, clock: Clock, log: Log) {
    this.#address = address;
    this.#clock = clock;
    this.#log = log;
    this.#state = { address: proxyText(address), state: "untried" };
  }

  state(): ProxyState {
    return this.#state;
  }

  /** Checks whether the proxy works, and checks again while it does not. */
  async check(): Promise<ProxyState> {
    this.#cancel();
    const limit = deadline(this.#clock, limits.proxyGreeting);
    try {
      await probeProxy(this.#address, this.#login(""), limit.signal);
      this.#note(undefined);
    } catch (error) {
      this.#note(error instanceof SocksError ? error : new SocksError("down", "timed out"));
    } finally {
      limit.clear();
    }
    return this.#state;
  }

  /** Connects to an address. Throws `SocksError`, or what the signal was aborted with. */
  async connect(address: Multiaddr, { signal, isolationKey = "" }: DialOptions): Promise<Socket> {
    const host = endpointOf(address)?.ip ?? hostOf(address);
    const to = { host, port: portOf(address) };
    try {
      const socket = await connectThrough(this.#address, to, this.#login(isolationKey), signal);
      this.#note(undefined);
      return socket;
    } catch (error) {
      if (error instanceof SocksError) this.#note(error.kind === "destination" ? undefined : error);
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /**
   * The credentials for a dial. If the user configured credentials, those are used, and streams are
   * not isolated.
   */
  #login(isolationKey: string): ProxyCredentials {
    if (this.#address.login !== undefined) return this.#address.login;
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

  #note(error: SocksError | undefined): void {
    const { address, state: before } = this.#state;
    const state = error === undefined ? "working" : error.kind === "down" ? "down" : "refused";
    this.#state = { address, state, ...(error && { error: error.message }) };
    if (state !== before) this.#log("proxy.changed", { state });
    this.#cancel();
    if (state === "working" || this.#stopped) return;
    this.#cancel = this.#clock.after(limits.proxyRecheck, () => void this.check());
  }
}

/**
 * The private method of @libp2p/tcp that creates the socket; listening and upgrading stay its own.
 */
interface Connecting {
  _connect(address: Multiaddr, options: DialOptions): Promise<Socket>;
}

type Create = ReturnType<typeof tcp>;

/**
 * A TCP transport that dials only through the proxy, which also resolves names and onion services.
 * @libp2p/tcp has no option for it, so the method that creates its sockets is replaced. Throws if a
 * new version lacks that method, so that nothing is dialed past the proxy.
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
