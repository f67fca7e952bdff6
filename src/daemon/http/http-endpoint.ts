/**
 * The HTTP endpoint of a node, for programs on this machine: JSON-RPC and live events, each request
 * with a token. It listens on 127.0.0.1 and on a unix socket in the home, nowhere else.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeEvent } from "../../api/index.ts";
import { createRateLimit, limits, SottoError } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { answerOf, requestOf } from "../rpc/answer.ts";
import { type Dispatch, inProcessCaller } from "../rpc/dispatch.ts";
import { type Access, unrestricted } from "../rpc/methods/access.ts";
import type { Caller } from "../rpc/methods/method-types.ts";
import { type Refusal, refusalOf } from "./admission.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { createHttpServer } from "./http-server.ts";
import { listenOnPort, listenOnSocket } from "./listen.ts";
import { isOwnUser } from "./local-user.ts";

export interface HttpEndpoint {
  /** "http://127.0.0.1:PORT". */
  readonly url: string;
  /** Sends an event to every stream. */
  offer(event: NodeEvent): void;
  changeState(state: "open" | "locked"): void;
  /** Ends the streams of a token. */
  revoke(token: string): void;
  /** Ends every stream and connection, and removes the unix socket. */
  close(): Promise<void>;
}

export interface HttpOptions {
  /** On 127.0.0.1; 0 for any. */
  readonly port: number;
  /** Path of the unix socket. */
  readonly socket: string;
  readonly dispatch: Dispatch;
  readonly clock: Clock;
}

const RPC = "/api/v1/rpc";
const EVENTS = "/api/v1/events";

/** What no response may lack: nothing here is for a page, a frame or a cache. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Throws `port-in-use`, `listen-failed`. */
export async function openHttpEndpoint(options: HttpOptions): Promise<HttpEndpoint> {
  const streams = new Set<EventStream>();
  const admitted = new Set<Admitted>();
  const mayFail = createRateLimit(
    options.clock,
    limits.httpRefusedTokens,
    Number.POSITIVE_INFINITY,
  );
  let port: number | undefined;

  const serve = (request: IncomingMessage, response: ServerResponse, at: number | undefined) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { method = "", url: target = "", rawHeaders } = request;
    const refusal = refusalOf({ method, target, rawHeaders }, at);
    if (refusal !== undefined) return refuse(response, refusal);
    route(request, response, { ...options, streams, admitted, mayFail }).catch(() =>
      response.destroy(),
    );
  };
  const onPort = createHttpServer((request, response) => serve(request, response, port), isOwnUser);
  const onSocket = createHttpServer((request, response) => serve(request, response, undefined));
  port = await listenOnPort(onPort.server, options.port);
  try {
    await listenOnSocket(onSocket.server, options.socket);
  } catch (error) {
    await onPort.close();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    offer(event) {
      for (const stream of streams) stream.offer(event);
    },
    changeState(state) {
      for (const stream of streams) stream.changeState(state);
    },
    revoke(token) {
      for (const { access, ending } of admitted) if (access.tokens.has(token)) ending.abort();
    },
    async close() {
      for (const stream of streams) stream.end("stopping");
      await Promise.all([onPort.close(), onSocket.close()]);
    },
  };
}

/** A request with a token, until its response is closed. */
interface Admitted {
  readonly access: Access;
  /** Aborted when the response is closed, or the token is revoked. */
  readonly ending: AbortController;
}

interface Serving extends HttpOptions {
  readonly streams: Set<EventStream>;
  readonly admitted: Set<Admitted>;
  /** Whether another wrong token is answered. */
  readonly mayFail: (source: string) => boolean;
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  const { method, url } = request;
  if (url === RPC) {
    if (method !== "POST") return refuse(response, { status: 405, why: "Use POST." });
    return call(request, response, serving);
  }
  if (url === EVENTS) {
    if (method !== "GET") return refuse(response, { status: 405, why: "Use GET." });
    return stream(request, response, serving);
  }
  refuse(response, { status: 404, why: `Use ${RPC} or ${EVENTS}.` });
}

/** One JSON-RPC call. */
async function call(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  const [type] = (request.headers["content-type"] ?? "").split(";");
  if (type?.trim().toLowerCase() !== "application/json")
    return refuse(response, { status: 415, why: "The content type must be application/json." });
  const admission = await admit(request, response, serving);
  if ("status" in admission) return refuse(response, admission);
  const { access, ending } = admission;
  const text = await bodyOf(request, limits.rpcBytes);
  if (text === undefined) return refuse(response, { status: 413, why: "The body is too long." });
  const asked = requestOf(text);
  if ("error" in asked) return answer(response, asked);
  const caller: Caller = {
    ...inProcessCaller(),
    access,
    restrict: refuseConnection,
    subscribe: refuseConnection,
    signal: ending.signal,
  };
  const answered = await answerOf(serving.dispatch, asked, caller);
  if (ending.signal.aborted) refuse(response, NO_SUCH_TOKEN);
  else answer(response, answered);
}

/** What belongs to a connection cannot be asked for by one request. */
function refuseConnection(): never {
  throw new SottoError(
    "scope-missing",
    `Over HTTP a request has its own token, and events are read with GET ${EVENTS}.`,
  );
}

/** Live events, from the one after `Last-Event-ID` where the client has had some. */
async function stream(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  const { streams } = serving;
  const admission = await admit(request, response, serving);
  if ("status" in admission) return refuse(response, admission);
  if (streams.size >= limits.httpStreams)
    return refuse(response, { status: 503, why: "Too many event streams are open." });
  const { access, ending } = admission;
  const { dispatch, clock } = serving;
  const opened = createEventStream(response, { access, dispatch, clock }, () =>
    streams.delete(opened),
  );
  streams.add(opened);
  ending.signal.addEventListener("abort", () => opened.end("revoked"));
  const since = request.headers["last-event-id"];
  const refused = await opened.open(typeof since === "string" && since !== "" ? since : undefined);
  if (refused !== undefined) answer(response, refused, 403);
}

const NO_SUCH_TOKEN: Refusal = { status: 401, why: "There is no such token." };

/** Lets in a request whose token is known, with what the token allows. */
async function admit(
  request: IncomingMessage,
  response: ServerResponse,
  { dispatch, mayFail, admitted }: Serving,
): Promise<Admitted | Refusal> {
  const [, token] = /^Bearer ([\w-]{1,128})$/.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined)
    return { status: 401, why: "Send a token: sotto token create NAME --for http." };
  let found: Admitted | undefined;
  const caller: Caller = {
    ...inProcessCaller(),
    access: unrestricted,
    restrict(access) {
      // Before anything is awaited, so that a token which is revoked from now on ends the request.
      const one = { access, ending: new AbortController() };
      found = one;
      admitted.add(one);
      response.once("close", () => {
        admitted.delete(one);
        one.ending.abort();
      });
    },
  };
  try {
    await dispatch("connection.restrict", { token, for: "http" }, caller);
  } catch (error) {
    const code = error instanceof SottoError ? error.code : "internal";
    if (code === "node-locked") return { status: 503, why: "The node is locked." };
    if (code !== "token-refused") throw error;
    return mayFail("token")
      ? NO_SUCH_TOKEN
      : { status: 429, why: "Too many wrong tokens; wait a minute." };
  }
  return found === undefined || found.ending.signal.aborted ? NO_SUCH_TOKEN : found;
}

/** The body as text; `undefined` where it is longer than `most` bytes. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function refuse(response: ServerResponse, { status, why }: Refusal): void {
  const headers = { "content-type": "text/plain; charset=utf-8", connection: "close" };
  response.writeHead(status, headers).end(`${why}\n`);
}

function answer(response: ServerResponse, value: object, status = 200): void {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", ...value }));
}
