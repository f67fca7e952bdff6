/**
 * mDNS over IPv6 (RFC 6762: ff02::fb, port 5353), which @libp2p/mdns does not speak: for links
 * without IPv4. On each interface a node asks who is there and answers with a random name, its
 * PeerId of today, and its link-local address there.
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
/** RFC 6762 §11: what came through a router has less. */
const HOPS = 255;
/** DNS header: this is an answer, and authoritative. */
const AUTHORITATIVE = 1 << 10;

export interface Mdns6Options {
  readonly service: string;
  /** Our random name. */
  readonly name: string;
  /** Our PeerId. */
  readonly peer: string;
  /** TCP ports on which we take connections over IPv6. */
  readonly ports: () => readonly number[];
  readonly onPeer: (peer: string, addresses: readonly string[]) => void;
  readonly clock: Clock;
}

interface InterfaceSocket extends LinkLocalInterface {
  readonly socket: Socket;
  answeredAt: number;
  /** Ends the wait for an answer that is due, and for the next question. */
  cancel: (() => void) | undefined;
  cancelAsk: () => void;
}

export class Mdns6 {
  readonly #options: Mdns6Options;
  readonly #ears = new Map<string, InterfaceSocket>();
  #cancelLook = (): void => undefined;

  constructor(options: Mdns6Options) {
    this.#options = options;
  }

  start(): void {
    this.#look();
  }

  stop(): void {
    this.#cancelLook();
    for (const ear of this.#ears.values()) close(ear);
    this.#ears.clear();
  }

  /** Listens on the interfaces that are there now, and looks again in a while. */
  #look(): void {
    const now = new Map(
      linkLocalInterfaces().map((link) => [`${link.address}%${link.zone}`, link]),
    );
    for (const [name, ear] of this.#ears)
      if (!now.has(name)) {
        this.#ears.delete(name);
        close(ear);
      }
    for (const [name, link] of now) if (!this.#ears.has(name)) this.#open(name, link);
    this.#cancelLook = this.#options.clock.after(limits.interfacePoll, () => this.#look());
  }

  #open(name: string, link: LinkLocalInterface): void {
    const socket = createSocket({ type: "udp6", reuseAddr: true, ipv6Only: true });
    const ear: InterfaceSocket = {
      ...link,
      socket,
      answeredAt: Number.NEGATIVE_INFINITY,
      cancel: undefined,
      cancelAsk: () => undefined,
    };
    this.#ears.set(name, ear);
    socket.unref();
    // An interface that went away, or a port that others keep for themselves: looked for again in a
    // while.
    socket.on("error", () => {
      if (this.#ears.get(name) === ear) this.#ears.delete(name);
      close(ear);
    });
    socket.on("message", (bytes, from) => this.#hear(ear, bytes, from));
    socket.bind(PORT, () => {
      try {
        socket.addMembership(GROUP, `::%${link.zone}`);
        socket.setMulticastInterface(`::%${link.zone}`);
        socket.setMulticastTTL(HOPS);
        this.#ask(ear, limits.mdnsFirstQuery);
      } catch (error) {
        socket.emit("error", error);
      }
    });
  }

  /**
   * Asks now, and again after `wait`, then twice as long each time up to `limits.lanQuery` (RFC
   * 6762 §5.2): an address that is new on its link is tried out there first, for a second or two,
   * and what is sent from it until then is lost.
   */
  #ask(ear: InterfaceSocket, wait: number): void {
    const next = Math.min(limits.lanQuery, wait);
    ear.cancelAsk = this.#options.clock.after(next, () => this.#ask(ear, 2 * next));
    this.#send(ear, { type: "query", questions: [{ name: this.#options.service, type: "PTR" }] });
  }

  #hear(ear: InterfaceSocket, bytes: Uint8Array, from: RemoteInfo): void {
    // Each socket hears what the others of this machine asked for as well.
    if (!from.address.endsWith(`%${ear.zone}`) || from.port !== PORT) return;
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
      this.#answerSoon(ear);
  }

  /**
   * At once, or when a second has passed since the last answer: whoever asks meanwhile is answered
   * by it as well.
   */
  #answerSoon(ear: InterfaceSocket): void {
    if (ear.cancel !== undefined) return;
    const { clock } = this.#options;
    const wait = remainingDelay(ear.answeredAt, limits.mdnsResponseInterval, clock.now());
    ear.cancel = clock.after(wait, () => {
      ear.cancel = undefined;
      ear.answeredAt = clock.now();
      this.#answer(ear);
    });
  }

  #answer(ear: InterfaceSocket): void {
    const { service, name, peer, ports } = this.#options;
    const own = `${name}.${service}`;
    const texts: Answer[] = ports().map((port) => ({
      type: "TXT",
      name: own,
      ttl: TTL,
      data: `dnsaddr=/ip6/${ear.address}/tcp/${port}/p2p/${peer}`,
    }));
    const pointer: Answer = { type: "PTR", name: service, ttl: TTL, data: own };
    if (texts.length > 0)
      this.#send(ear, { type: "response", flags: AUTHORITATIVE, answers: [pointer, ...texts] });
  }

  #read({ answers = [], additionals = [] }: Packet): void {
    const { service, name, peer, onPeer: found } = this.#options;
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
    const who = first && peerOf(first);
    if (who === undefined || who === peer) return;
    found(
      who,
      addresses.filter((address) => peerOf(address) === who).map((address) => address.toString()),
    );
  }

  #send({ socket, zone }: InterfaceSocket, packet: Packet): void {
    // What cannot be sent now is asked again.
    socket.send(encode(packet), PORT, `${GROUP}%${zone}`, () => undefined);
  }
}

function textsOf(data: TxtData): string[] {
  const parts = Array.isArray(data) ? data : [data];
  return parts.map((part) => part.toString());
}

function close({ socket, cancel, cancelAsk }: InterfaceSocket): void {
  cancel?.();
  cancelAsk();
  socket.removeAllListeners("message");
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}
