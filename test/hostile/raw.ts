/** Connections that keep no rule above Noise: yamux frames as an attacker likes them. */
import { noise } from "@chainsafe/libp2p-noise";
import type { Connection, MessageStream, StreamMuxerFactory } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { concat, utf8 } from "../../src/base/index.ts";
import { applyPolyfill } from "../../src/node/create.ts";

applyPolyfill();

export interface Target {
  readonly port: number;
  /** PeerId of the node. */
  readonly peer: string;
  /** Links of invites that it made; absent for attacks that use none. */
  readonly invites?: { readonly used: string; readonly reusable: string };
  /** A contact of the node, for attacks that imitate one. */
  readonly contact?: { readonly account: string; readonly name: string };
}

export const addressOf = ({ port, peer }: Target): Multiaddr =>
  multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${peer}`);

interface Inside {
  readonly transportManager: {
    dial(address: Multiaddr, options: object): Promise<Connection>;
  };
}

/** Dials from an address of loopback of our choosing. */
export async function dialFrom(
  host: Libp2p,
  target: Target,
  localAddress: string,
  timeout = 2_000,
): Promise<Connection> {
  const { inside } = host.services as unknown as { inside: Inside };
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeout);
  try {
    const options = { localAddress, signal: limit.signal };
    return await inside.transportManager.dial(addressOf(target), options);
  } finally {
    // The signal would end the connection as well, however long after the dial.
    clearTimeout(timer);
  }
}

export const insideService = {
  inside: (components: unknown) => ({
    transportManager: (components as Inside).transportManager,
  }),
};

export const DATA = 0;
export const WINDOW = 1;
export const PING = 2;
export const SYN = 1;
export const FIN = 4;
export const RST = 8;

/** The head of a yamux frame. */
export function head(type: number, flags: number, stream: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint8(1, type);
  view.setUint16(2, flags);
  view.setUint32(4, stream);
  view.setUint32(8, length);
  return bytes;
}

export const data = (stream: number, bytes: Uint8Array, flags = 0): Uint8Array =>
  concat(head(DATA, flags, stream, bytes.length), bytes);

/** A line of multistream-select. */
export function line(text: string): Uint8Array {
  const bytes = utf8(`${text}\n`);
  return concat(varint(bytes.length), bytes);
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Uint8Array.of(...bytes, left);
}

export class Raw {
  readonly stream: MessageStream;
  #next = 1;

  constructor(stream: MessageStream) {
    this.stream = stream;
  }

  get open(): boolean {
    return this.stream.status === "open";
  }

  /** Reads nothing more, not even off the socket. */
  deafen(): void {
    this.stream.pause();
  }

  write(bytes: Uint8Array): boolean {
    if (!this.open) return false;
    try {
      return this.stream.send(bytes);
    } catch {
      return false;
    }
  }

  /** Opens a stream and asks for a protocol, without a look at the answer. @returns its number. */
  ask(protocol: string): number {
    const id = this.#next;
    this.#next += 2;
    this.write(head(WINDOW, SYN, id, 0));
    this.write(data(id, concat(line("/multistream/1.0.0"), line(protocol))));
    return id;
  }

  /** Number for a stream that is opened by hand. */
  number(): number {
    const id = this.#next;
    this.#next += 2;
    return id;
  }

  /** Writes the piece again and again as fast as it is taken. @returns bytes written. */
  async flood(until: number, next: () => Uint8Array): Promise<number> {
    let written = 0;
    for (let turns = 0; Date.now() < until && this.open; turns++) {
      const piece = next();
      written += piece.length;
      if (!this.write(piece)) await this.#drained(until);
      else if (turns % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
    }
    return written;
  }

  #drained(until: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.stream.removeEventListener("drain", done);
        this.stream.removeEventListener("close", done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, until - Date.now()));
      this.stream.addEventListener("drain", done);
      this.stream.addEventListener("close", done);
    });
  }

  end(): void {
    this.stream.abort(new Error("over"));
  }
}

/** A host with a PeerId of its own whose connections are raw. */
export async function rawHost(): Promise<{
  dial(target: Target, from: string): Promise<Raw>;
  stop(): Promise<void>;
}> {
  const made: MessageStream[] = [];
  const factory = {
    protocol: "/yamux/1.0.0",
    createStreamMuxer(stream: MessageStream) {
      made.push(stream);
      // What arrives is read and thrown away.
      stream.addEventListener("message", () => undefined);
      return Object.assign(new EventTarget(), {
        protocol: "/yamux/1.0.0",
        streams: [],
        status: "open",
        close: async () => undefined,
        abort: () => undefined,
      });
    },
  } as unknown as StreamMuxerFactory;
  const host = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [() => factory],
    connectionMonitor: { enabled: false },
    services: insideService,
  });
  return {
    async dial(target, from) {
      await dialFrom(host, target, from);
      const stream = made.pop();
      if (stream === undefined) throw new Error("no stream");
      return new Raw(stream);
    },
    stop: async () => {
      await host.stop();
    },
  };
}
