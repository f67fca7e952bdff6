/**
 * mDNS over IPv6 (RFC 6762: ff02::fb, port 5353), which @libp2p/mdns does not support: for networks
 * without IPv4. On each interface a node queries for the service and answers with a random name,
 * its current PeerId and its link-local address there.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type Answer, decode, encode, type Packet, type TxtData } from "dns-packet";
import { limits, remainingDelay } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { isLinkLocal, parseAddress, peerOf } from "../util/address.ts";
import { type LinkLocalInterface, linkLocalInterfaces } from "./link-local-tcp.ts";

const GROUP = "ff02::fb";
const PORT = 5353;
const TTL = 120;
/** RFC 6762 §11: packets that passed a router have less. */
const HOPS = 255;
/** DNS header flag: an authoritative answer. */
const AUTHORITATIVE = 1 << 10;

/** What mDNS over IPv6 is created with. */
export interface Mdns6Options {
  readonly service: string;
  /** Our random instance name. */
  readonly name: string;
  /** Our PeerId. */
  readonly peer: string;
  /** TCP ports that accept connections over IPv6. */
  readonly ports: () => readonly number[];
  readonly onPeer: (peer: string, addresses: readonly string[]) => void;
  readonly clock: Clock;
}

/** A socket on one interface. */
interface InterfaceListener extends LinkLocalInterface {
  readonly socket: Socket;
  answeredAt: number;
  /** Cancels the pending answer and the next query. */
  cancelAnswer: (() => void) | undefined;
  cancelQuery: () => void;
}

/** Queries and answers on every interface with a link-local IPv6 address. */
export class Mdns6 {
  readonly #options: Mdns6Options;
  readonly #sockets = new Map<string, InterfaceListener>();
  #cancelPoll = (): void => undefined;

  constructor(options: Mdns6Options) {
    this.#options = options;
  }

  start(): void {
    this.#updateInterfaces();
  }

  stop(): void {
    this.#cancelPoll();
    for (const listener of this.#sockets.values()) close(listener);
    this.#sockets.clear();
  }

  /** Listens on the current interfaces, and polls them for changes. */
  #updateInterfaces(): void {
    const now = new Map(
      linkLocalInterfaces().map((link) => [`${link.address}%${link.zone}`, link]),
    );
    for (const [name, listener] of this.#sockets)
      if (!now.has(name)) {
        this.#sockets.delete(name);
        close(listener);
      }
    for (const [name, link] of now) if (!this.#sockets.has(name)) this.#open(name, link);
    this.#cancelPoll = this.#options.clock.after(limits.interfacePoll, () =>
      this.#updateInterfaces(),
    );
  }

  #open(name: string, link: LinkLocalInterface): void {
    const socket = createSocket({ type: "udp6", reuseAddr: true, ipv6Only: true });
    const listener: InterfaceListener = {
      ...link,
      socket,
      answeredAt: Number.NEGATIVE_INFINITY,
      cancelAnswer: undefined,
      cancelQuery: () => undefined,
    };
    this.#sockets.set(name, listener);
    socket.unref();
    // The interface was removed, or another program owns the port: tried again at the next poll.
    socket.on("error", () => {
      if (this.#sockets.get(name) === listener) this.#sockets.delete(name);
      close(listener);
    });
    socket.on("message", (bytes, from) => this.#onMessage(listener, bytes, from));
    socket.bind(PORT, () => {
      try {
        socket.addMembership(GROUP, `::%${link.zone}`);
        socket.setMulticastInterface(`::%${link.zone}`);
        socket.setMulticastTTL(HOPS);
        this.#query(listener, limits.mdnsFirstQuery);
      } catch (error) {
        socket.emit("error", error);
      }
    });
  }

  /**
   * Sends a query now, another after `wait`, and then doubles the interval up to `limits.lanQuery`
   * (RFC 6762 §5.2). A new address is tested on its link for a second or two (duplicate address
   * detection), and packets sent from it until then are lost.
   */
  #query(listener: InterfaceListener, wait: number): void {
    const next = Math.min(limits.lanQuery, wait);
    listener.cancelQuery = this.#options.clock.after(next, () => this.#query(listener, 2 * next));
    this.#send(listener, {
      type: "query",
      questions: [{ name: this.#options.service, type: "PTR" }],
    });
  }

  #onMessage(listener: InterfaceListener, bytes: Uint8Array, from: RemoteInfo): void {
    // Each socket also receives packets of the machine's other interfaces.
    if (!from.address.endsWith(`%${listener.zone}`) || from.port !== PORT) return;
    let packet: Packet;
    try {
      packet = decode(Buffer.from(bytes));
    } catch {
      return;
    }
    const { service } = this.#options;
    const { questions = [] } = packet;
    if (packet.type === "response") this.#read(packet);
    else if (questions.some((one) => one.name === service && one.type === "PTR"))
      this.#answerSoon(listener);
  }

  /**
   * Answers at once, or when a second has passed since the last answer, which then serves all
   * queries of that second.
   */
  #answerSoon(listener: InterfaceListener): void {
    if (listener.cancelAnswer !== undefined) return;
    const { clock } = this.#options;
    const wait = remainingDelay(listener.answeredAt, limits.mdnsResponseInterval, clock.now());
    listener.cancelAnswer = clock.after(wait, () => {
      listener.cancelAnswer = undefined;
      listener.answeredAt = clock.now();
      this.#answer(listener);
    });
  }

  #answer(listener: InterfaceListener): void {
    const { service, name, peer, ports } = this.#options;
    const own = `${name}.${service}`;
    const texts: Answer[] = ports().map((port) => ({
      type: "TXT",
      name: own,
      ttl: TTL,
      data: `dnsaddr=/ip6/${listener.address}/tcp/${port}/p2p/${peer}`,
    }));
    const pointer: Answer = { type: "PTR", name: service, ttl: TTL, data: own };
    if (texts.length > 0)
      this.#send(listener, {
        type: "response",
        flags: AUTHORITATIVE,
        answers: [pointer, ...texts],
      });
  }

  #read({ answers = [], additionals = [] }: Packet): void {
    const { service, name, peer, onPeer } = this.#options;
    const theirs = answers.some(
      (answer) =>
        answer.type === "PTR" && answer.name === service && !answer.data.startsWith(`${name}.`),
    );
    if (!theirs) return;
    const texts = [...answers, ...additionals].flatMap((answer) =>
      answer.type === "TXT" ? textsOf(answer.data) : [],
    );
    const addresses = texts.flatMap((text) => {
      const address = text.startsWith("dnsaddr=") ? parseAddress(text.slice(8)) : undefined;
      return address !== undefined && isLinkLocal(address) ? [address] : [];
    });
    const [first] = addresses;
    const sender = first && peerOf(first);
    if (sender === undefined || sender === peer) return;
    onPeer(
      sender,
      addresses
        .filter((address) => peerOf(address) === sender)
        .map((address) => address.toString()),
    );
  }

  #send({ socket, zone }: InterfaceListener, packet: Packet): void {
    // A packet that cannot be sent now is sent again with the next query.
    socket.send(encode(packet), PORT, `${GROUP}%${zone}`, () => undefined);
  }
}

function textsOf(data: TxtData): string[] {
  const parts = Array.isArray(data) ? data : [data];
  return parts.map((part) => part.toString());
}

function close({ socket, cancelAnswer, cancelQuery }: InterfaceListener): void {
  cancelAnswer?.();
  cancelQuery();
  socket.removeAllListeners("message");
  try {
    socket.close();
  } catch {
    // It is already closed.
  }
}
