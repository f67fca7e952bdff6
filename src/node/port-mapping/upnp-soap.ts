/**
 * One small HTTP exchange with the gateway, bounded in bytes and time; a redirect is not followed.
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
 * @param post what is sent, with its headers; without it the URL is got. @returns nothing where
 * there is no whole answer.
 */
export async function exchange(
  { clock, signal }: HttpOptions,
  url: URL,
  post?: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
): Promise<HttpResponse | undefined> {
  const limit = deadline(clock, limits.upnpTimeout, signal);
  try {
    return await new Promise<HttpResponse>((resolve, reject) => {
      const asked = request(
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
            if (length > limits.upnpBody) response.destroy(new Error("too long"));
          });
          response.on("error", reject);
          response.on("close", () => reject(new Error("cut off")));
          response.on("end", () => {
            const text = Buffer.concat(pieces).toString("utf8");
            resolve({ status: response.statusCode ?? 0, text });
          });
        },
      );
      asked.on("error", reject);
      // Node ends such a connection without a word if nobody listens.
      asked.on("upgrade", (_response, socket) => {
        socket.destroy();
        reject(new Error("another protocol"));
      });
      asked.end(post?.body);
    });
  } catch {
    return undefined;
  } finally {
    limit.clear();
  }
}

/**
 * What little XML is read of a router: the text between the tags of a name, in one pass. No
 * document type, so no entity but the five of the language; whatever else is wrong with the
 * document does not matter, since nothing that it says is believed.
 */
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/**
 * What stands in each element of this name, tags of others included; nothing where the document has
 * a type.
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
