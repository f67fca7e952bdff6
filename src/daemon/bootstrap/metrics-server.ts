/** The metrics and health endpoint of a bootstrap node, over HTTP; on loopback by default. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { BlockList, isIP } from "node:net";
import { limits, SottoError } from "../../base/index.ts";
import type { HostMetrics } from "../../node/index.ts";
import type { Clock, SteadyClock } from "../../ports/index.ts";
import { figuresPage } from "./prometheus.ts";

/** What a person writes. */
export interface MetricsWish {
  /** IP address and port, "127.0.0.1:9464" or "[::1]:9464". */
  readonly at: string;
  /** Also listens on an address that others reach. */
  readonly anywhere: boolean;
}

export interface MetricsPlace {
  readonly host: string;
  readonly port: number;
}

export interface MetricsOptions {
  readonly place: MetricsPlace;
  readonly clock: SteadyClock;
  readonly figures: () => HostMetrics;
}

export interface Metrics {
  /** Where the page is, "http://127.0.0.1:9464". */
  readonly url: string;
  stop(): Promise<void>;
}

/** Throws `port-in-use`, `listen-failed`. */
export async function serveMetrics(options: MetricsOptions): Promise<Metrics> {
  const { host, port } = options.place;
  const lag = watchLag(options.clock, () => performance.now());
  const started = options.clock.elapsed();
  const page = (): string => {
    const { rss, heapUsed } = process.memoryUsage();
    const uptime = (options.clock.elapsed() - started) / 1000;
    const own = { uptime, residentBytes: rss, heapBytes: heapUsed, lag: lag.worst() / 1000 };
    return figuresPage(options.figures(), own);
  };
  const health = (): [number, string] => {
    if (!options.figures().listening) return [503, "not listening\n"];
    return lag.worst() > limits.bootstrapLag ? [503, "overloaded\n"] : [200, "ok\n"];
  };
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = "text/plain; charset=utf-8") =>
      respond(response, status, text, type);
    if (request.method !== "GET") answer(405, "GET only\n");
    else if (request.url === "/metrics")
      answer(200, page(), "text/plain; version=0.0.4; charset=utf-8");
    else if (request.url === "/healthz") answer(...health());
    else answer(404, "/metrics or /healthz\n");
  });
  server.maxConnections = limits.metricsConnections;
  server.headersTimeout = limits.stepTimeout;
  server.requestTimeout = limits.stepTimeout;
  try {
    await open(server, host, port);
  } catch (error) {
    lag.stop();
    throw error;
  }
  const bound = server.address();
  const real = typeof bound === "object" && bound !== null ? bound.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${real}`,
    async stop() {
      lag.stop();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function respond(response: ServerResponse, status: number, text: string, type: string): void {
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(text);
}

/** All of 127.0.0.0/8, and ::1. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Throws `metrics-invalid`, `metrics-public`. */
export function metricsPlace({ at, anywhere }: MetricsWish): MetricsPlace {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(at) ?? [];
  const host = bracketed ?? plain ?? "";
  const port = Number(digits);
  const family = isIP(host);
  if (family === 0 || (family === 6) !== (bracketed !== undefined) || !(port <= 65_535))
    throw new SottoError("metrics-invalid", `This is not an IP address with a port: ${at}`);
  if (!anywhere && !loopback.check(host, family === 6 ? "ipv6" : "ipv4"))
    throw new SottoError("metrics-public", `Other computers can reach ${host}.`);
  return { host, port };
}

async function open(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw taken
      ? new SottoError("port-in-use", `Another program listens on port ${port}.`, { cause })
      : new SottoError("listen-failed", `Could not listen on ${host}:${port}.`, { cause });
  }
  // A connection that the system cannot accept, such as without a free file descriptor, is lost.
  server.on("error", () => undefined);
}

/** Between two looks at the delay of the event loop, ms. */
const LOOK = 20;

/**
 * The longest delay of the event loop in the current and the previous period of
 * `limits.bootstrapLagPoll`, ms. Measured from timer to timer without a gap: Node's own histogram
 * misses a delay that begins just after it was reset.
 *
 * @param elapsed ms that the machine was awake. Exported for its test.
 */
export function watchLag(clock: Clock, elapsed: () => number): { worst(): number; stop(): void } {
  let previous = 0;
  let current = 0;
  let began = elapsed();
  let looked = began;
  let cancel = clock.after(LOOK, function look() {
    const now = elapsed();
    current = Math.max(current, now - looked - LOOK);
    looked = now;
    if (now - began >= limits.bootstrapLagPoll) {
      previous = current;
      current = 0;
      began = now;
    }
    cancel = clock.after(LOOK, look);
  });
  return { worst: () => Math.max(previous, current), stop: () => cancel() };
}
