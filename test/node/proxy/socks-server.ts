/**
 * A SOCKS5 proxy for tests, which relays connections. It resolves names by its own table and
 * records all requests.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Asked {
  /** What the client requested: an IP address or a name as received, and a port. */
  readonly host: string;
  readonly port: number;
  readonly user?: string;
}

export interface SocksOptions {
  /** The IP address and port of each name and onion service. */
  readonly names?: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  /** The required user and password; absent: any, or none. */
  readonly login?: readonly [string, string];
  /** Whether it requests a user although none is required, as Tor does. */
  readonly curious?: boolean;
  /** The reply code to every request, instead of a connection. */
  readonly reply?: number;
}

export class SocksServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  options: SocksOptions;

  private constructor(options: SocksOptions) {
    this.options = options;
    this.#server = createServer((socket) => {
      this.#keep(socket);
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(options: SocksOptions = {}, port = 0, host = "127.0.0.1") {
    const server = new SocksServer(options);
    await new Promise<void>((resolve) => server.#server.listen(port, host, resolve));
    return server;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === "object" ? (bound?.port ?? 0) : 0;
  }

  get address() {
    return { host: "127.0.0.1", port: this.port };
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async #serve(socket: Socket): Promise<void> {
    const { login, curious, reply, names } = this.options;
    const methods = await take(socket, (await take(socket, 2))[1] ?? 0);
    const method = (login ?? curious) && methods.includes(2) ? 2 : 0;
    if (method === 0 && login) return void socket.end(Uint8Array.of(5, 255));
    socket.write(Uint8Array.of(5, method));
    let user: string | undefined;
    if (method === 2) {
      user = (await take(socket, (await take(socket, 2))[1] ?? 0)).toString();
      const password = (await take(socket, (await take(socket, 1))[0] ?? 0)).toString();
      const right = !login || (login[0] === user && login[1] === password);
      socket.write(Uint8Array.of(1, right ? 0 : 1));
      if (!right) return void socket.end();
    }
    const kind = (await take(socket, 4))[3];
    const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await take(socket, 1))[0] ?? 0);
    const bytes = await take(socket, length);
    const port = (await take(socket, 2)).readUInt16BE();
    const host = kind === 3 ? bytes.toString() : ipOf(bytes);
    this.asked.push({ host, port, ...(user !== undefined && { user }) });
    const to = kind === 3 ? names?.get(host) : { host, port };
    const answer = (code: number) => socket.write(Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0));
    if (reply !== undefined || to === undefined) {
      answer(reply ?? 4);
      return void socket.end();
    }
    const out = connect(to.port, to.host);
    this.#keep(out);
    out.once("connect", () => {
      answer(0);
      socket.pipe(out).pipe(socket);
    });
    out.once("error", () => {
      if (out.bytesRead === 0) answer(5);
      socket.end();
    });
    socket.once("close", () => out.destroy());
    out.once("close", () => socket.destroySoon());
  }
}

function ipOf(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join(".");
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(":");
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = length === 0 ? Buffer.alloc(0) : (socket.read(length) as Buffer | null);
    if (bytes !== null) return bytes;
    if (socket.destroyed || socket.readableEnded) throw new Error("ended");
    await new Promise<void>((resolve) => {
      const go = () => {
        for (const event of ["readable", "end", "close"]) socket.removeListener(event, go);
        resolve();
      };
      for (const event of ["readable", "end", "close"]) socket.on(event, go);
    });
  }
}
