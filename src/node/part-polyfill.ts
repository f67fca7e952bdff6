/** What libp2p 3 expects of the platform and Node 20 lacks. */

/**
 * Defines `Promise.withResolvers` (ES2024) where it is missing. Must run before libp2p is loaded: without
 * it yamux dies on the first ping, which shows as a misleading `ECONNRESET`. Node 22 needs nothing.
 */
export function applyPolyfill(): void {
  if ("withResolvers" in Promise) return;
  Object.defineProperty(Promise, "withResolvers", {
    configurable: true,
    writable: true,
    value: <Value>() => {
      let resolve: ((value: Value | PromiseLike<Value>) => void) | undefined;
      let reject: ((reason?: unknown) => void) | undefined;
      const promise = new Promise<Value>((fulfil, refuse) => {
        resolve = fulfil;
        reject = refuse;
      });
      return { promise, resolve, reject };
    },
  });
}
