/**
 * A UDP socket that is a member of the mDNS group of its address family (RFC 6762) on several
 * interfaces, and follows interfaces that come and go.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { isInNetwork } from "../util/address.ts";
import type { InterfaceAddress } from "../util/interfaces.ts";

const PORT = 5353;
/** RFC 6762 §11: packets that passed a router have less. */
const HOPS = 255;

const families = {
  IPv4: { type: "udp4", group: "224.0.0.251", any: "0.0.0.0" },
  IPv6: { type: "udp6", group: "ff02::fb", any: "::" },
} as const;

export type Family = keyof typeof families;

/** What a socket is created with. */
export interface MulticastOptions {
  readonly family: Family;
  /** The addresses of this machine now. */
  readonly local: () => readonly InterfaceAddress[];
  readonly clock: Clock;
  /** Called for each interface of which the socket has become a member. */
  readonly onJoined: (link: InterfaceAddress) => void;
  readonly onLeft: (link: InterfaceAddress) => void;
  /** Called when the system has refused further memberships, once until one is possible again. */
  readonly onFull: () => void;
  /** A packet of a machine that is on the link. */
  readonly onPacket: (link: InterfaceAddress, from: string, bytes: Uint8Array) => void;
}

/**
 * The interfaces for mDNS, by an address of each. Networks of containers and virtual machines are
 * used only where there is no other, and loopback only where there are none of these.
 * @param local the addresses of this machine.
 */
export function multicastLinks(
  local: readonly InterfaceAddress[],
  family: Family,
): InterfaceAddress[] {
  const fits = ({ ip, prefix }: InterfaceAddress): boolean =>
    ip.includes(":") ? ip.startsWith("fe80:") : prefix < 32;
  // That with the default route first: a system may limit the number of memberships.
  const groups = [["default", "lan"], ["virtual"], ["loopback"]].map((kinds) =>
    kinds.flatMap((kind) => local.filter((one) => one.kind === kind && fits(one))),
  );
  const found = groups.find((group) => group.length > 0) ?? [];
  const links = found.filter(({ ip }) => ip.includes(":") === (family === "IPv6"));
  // Later entries of a name would replace the first one.
  return [...new Map(links.toReversed().map((link) => [link.name, link])).values()].toReversed();
}

/** One socket, and the interfaces on which it is a member of the group. */
export class MulticastSocket {
  readonly #options: MulticastOptions;
  #local: readonly InterfaceAddress[] = [];
  /** By interface and address. */
  readonly #joined = new Map<string, InterfaceAddress>();
  #refused: string[] = [];
  #socket: Socket | undefined;
  #cancelPoll = (): void => undefined;

  constructor(options: MulticastOptions) {
    this.#options = options;
  }

  /** Opens the socket, and looks for changed interfaces from then on. */
  start(): void {
    if (this.#socket === undefined) this.#open();
    else this.#update(this.#socket);
    this.#cancelPoll = this.#options.clock.after(limits.interfacePoll, () => this.start());
  }

  stop(): void {
    this.#cancelPoll();
    this.#close();
  }

  /** Names of the interfaces on which the system refuses a membership. */
  refused(): readonly string[] {
    return this.#refused;
  }

  /** Sends a packet to the group on one link. One that cannot be sent now is lost. */
  send({ zone, ip }: InterfaceAddress, bytes: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const { group } = families[this.#options.family];
    try {
      // IPv6 chooses the interface by the zone of the destination.
      if (this.#options.family === "IPv4") socket.setMulticastInterface(ip);
    } catch {
      // The interface was removed: noticed at the next poll.
      return;
    }
    const to = this.#options.family === "IPv4" ? group : `${group}%${zone}`;
    socket.send(bytes, PORT, to, () => undefined);
  }

  #open(): void {
    const { type } = families[this.#options.family];
    const socket = createSocket({
      type,
      reuseAddr: true,
      ...(type === "udp6" && { ipv6Only: true }),
      // Without the resolver, `send` writes at once: the interface is a state of the socket.
      lookup: (host, _family, found) => found(null, host, type === "udp4" ? 4 : 6),
    });
    this.#socket = socket;
    socket.unref();
    // Another program owns the port, or the network was removed: opened again at the next poll.
    socket.on("error", () => {
      if (this.#socket === socket) this.#close();
    });
    socket.on("message", (bytes, from) => this.#onMessage(bytes, from));
    socket.bind(PORT, () => {
      if (this.#socket !== socket) return;
      socket.setMulticastTTL(HOPS);
      this.#update(socket);
    });
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    for (const link of this.#joined.values()) this.#options.onLeft(link);
    this.#joined.clear();
    this.#refused = [];
    socket?.removeAllListeners("message");
    socket?.close();
  }

  /** Joins the group on new interfaces, and leaves it on those that were removed. */
  #update(socket: Socket): void {
    const { family, local, onJoined, onLeft, onFull } = this.#options;
    this.#local = local();
    const now = new Map(
      multicastLinks(this.#local, family).map((link) => [`${link.ip}%${link.name}`, link]),
    );
    for (const [key, link] of this.#joined) {
      if (now.has(key)) continue;
      this.#joined.delete(key);
      this.#membership(socket, "drop", link);
      onLeft(link);
    }
    const wereRefused = this.#refused.length > 0;
    this.#refused = [];
    for (const [key, link] of now) {
      if (this.#joined.has(key)) continue;
      const failure = this.#membership(socket, "add", link);
      if (failure === undefined) {
        this.#joined.set(key, link);
        onJoined(link);
      } else if (/ENOBUFS|ENOMEM/.test(failure)) this.#refused.push(link.name);
    }
    if (this.#refused.length > 0 && !wereRefused) onFull();
  }

  /** Adds or drops a membership. @returns the system's error code, if it refuses. */
  #membership(socket: Socket, what: "add" | "drop", link: InterfaceAddress): string | undefined {
    const { family } = this.#options;
    const { group, any } = families[family];
    const on = family === "IPv4" ? link.ip : `${any}%${link.zone}`;
    try {
      if (what === "add") socket.addMembership(group, on);
      else socket.dropMembership(group, on);
      return undefined;
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : "";
    }
  }

  #onMessage(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (port !== PORT) return;
    const [ip = "", zone] = address.split("%", 2);
    // A link-local IPv6 address has a zone; any other address is in a network of an interface.
    const link = [...this.#joined.values()].find((one) =>
      zone === undefined
        ? this.#local.some((here) => here.name === one.name && isInNetwork(here, ip))
        : zone === one.zone,
    );
    if (link !== undefined) this.#options.onPacket(link, ip, bytes);
  }
}
