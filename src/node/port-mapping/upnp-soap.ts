/**
 * HTTP and XML as far as UPnP needs them: one small exchange with the gateway, limited in bytes and
 * time and without redirects, and the text of XML elements.
 */
import { request } from "node:http";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { deadline } from "../util/deadline.ts";

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

export interface HttpOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Sends one request and returns the response; `undefined` if there is no complete one.
 * @param post body and headers of a POST request; without it, a GET request is sent.
 */
export async function exchange(
  { clock, signal }: HttpOptions,
  url: URL,
  post?: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
): Promise<HttpResponse | undefined> {
  const limit = deadline(clock, limits.upnpTimeout, signal);
  try {
    return await new Promise<HttpResponse>((resolve, reject) => {
      const outgoing = request(
        {
          host: url.hostname,
          port: url.port === "" ? 80 : Number(url.port),
          path: `${url.pathname}${url.search}`,
          method: post === undefined ? "GET" : "POST",
          headers: { ...post?.headers, connection: "close" },
          agent: false,
          maxHeaderSize: limits.upnpHeaders,
          signal: limit.signal,
        },
        (response) => {
          const pieces: Buffer[] = [];
          let length = 0;
          response.on("data", (piece: Buffer) => {
            length += piece.length;
            pieces.push(piece);
            if (length > limits.upnpBody) response.destroy(new Error("response too long"));
          });
          response.on("error", reject);
          response.on("close", () => reject(new Error("response incomplete")));
          response.on("end", () => {
            const text = Buffer.concat(pieces).toString("utf8");
            resolve({ status: response.statusCode ?? 0, text });
          });
        },
      );
      outgoing.on("error", reject);
      // Without a listener Node closes the connection and reports nothing.
      outgoing.on("upgrade", (_response, socket) => {
        socket.destroy();
        reject(new Error("unexpected upgrade"));
      });
      outgoing.end(post?.body);
    });
  } catch {
    return undefined;
  } finally {
    limit.clear();
  }
}

/**
 * The five predefined XML entities. Documents with a document type, which could define others, are
 * not read. Other errors of a document do not matter, since its contents are not trusted.
 */
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/**
 * The contents of every element of this name, nested tags included; none if the document has a
 * document type.
 */
export function elements(document: string, name: string): string[] {
  const found: string[] = [];
  if (/<!(?:DOCTYPE|ENTITY)/i.test(document)) return found;
  for (let at = 0; ; ) {
    const start = document.indexOf(`<${name}`, at);
    if (start < 0) return found;
    const end = start + name.length + 1;
    if (!/[\s>]/.test(document.charAt(end))) {
      at = end;
      continue;
    }
    const inside = document.indexOf(">", end) + 1;
    const close = inside > 0 ? document.indexOf(`</${name}>`, inside) : -1;
    if (close < 0) return found;
    found.push(document.slice(inside, close));
    at = close;
  }
}

/** The text of the first element of this name. */
export function textOf(document: string, name: string): string | undefined {
  const [first] = elements(document, name);
  if (first === undefined || first.includes("<")) return undefined;
  return first.trim().replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
