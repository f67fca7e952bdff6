/**
 * Which requests the HTTP endpoint lets in, before it looks at a credential: those of a program on
 * this machine, or of a page that the endpoint itself served.
 *
 * A page of another site can make a browser send requests to 127.0.0.1. `Host` shows the name that
 * it used, `Origin` and `Sec-Fetch-Site` show where the page came from; no page can forge them.
 */

/** The parts of a request that decide. */
export interface Arrived {
  readonly method: string;
  /** The target of the request line. */
  readonly target: string;
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[];
}

export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 429 | 503;
  /** One sentence, for people. */
  readonly why: string;
}

/**
 * Why a request is refused, or `undefined`.
 * @param port that the endpoint listens on, on 127.0.0.1; absent for its unix socket, which no
 * browser can reach.
 */
export function refusalOf(request: Arrived, port: number | undefined): Refusal | undefined {
  const { method, target } = request;
  const values = (name: string): string[] =>
    request.rawHeaders.flatMap((value, at) =>
      at % 2 === 1 && request.rawHeaders[at - 1]?.toLowerCase() === name ? [value] : [],
    );
  if (port !== undefined) {
    const hosts = values("host");
    if (hosts.length !== 1 || hosts[0] !== `127.0.0.1:${port}` || !target.startsWith("/"))
      return { status: 421, why: `Use http://127.0.0.1:${port}.` };
    const origins = values("origin");
    if (origins.some((origin) => origin !== `http://127.0.0.1:${port}`))
      return { status: 403, why: "Pages of other sites are refused." };
    if (values("sec-fetch-site").some((site) => site !== "same-origin"))
      return { status: 403, why: "Requests of other pages are refused." };
  }
  // No site may ask a browser for leave: there is no answer to a preflight request.
  if (method !== "GET" && method !== "POST") return { status: 405, why: "Use GET or POST." };
  return undefined;
}
