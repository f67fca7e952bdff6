/**
 * Finds a router that supports UPnP (UPnP Device Architecture §1); only responses of the gateway
 * itself are accepted.
 */
import { createSocket } from "node:dgram";
import { limits } from "../../base/index.ts";
import type { Gateway } from "./default-gateway.ts";
import type { GatewayRequest } from "./types.ts";

/**
 * Version 2 devices also answer to version 1's name, but some routers of each version know their
 * own only.
 */
const KINDS = [2, 1].map((kind) => `urn:schemas-upnp-org:device:InternetGatewayDevice:${kind}`);

/** The local address towards the gateway; sends nothing. */
export function ownAddress({ ip, natPmp }: Gateway): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const done = (own?: string): void => {
      socket.close();
      resolve(own);
    };
    socket.once("error", () => done());
    // Node passes a failure to the callback instead of emitting `error`.
    socket.connect(natPmp, ip, (error?: Error) =>
      done(error === undefined ? socket.address().address : undefined),
    );
  });
}

/**
 * Parses a URL on the gateway itself: plain HTTP, by its IP address; `undefined` for any other.
 * @param base the base of a relative URL.
 */
export function atGateway(text: string, { ip }: Gateway, base?: URL): URL | undefined {
  if (text.length > limits.upnpUrl || !URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base);
  const plain = url.protocol === "http:" && url.username === "" && url.password === "";
  return plain && url.hostname === ip ? url : undefined;
}

/** The URL of the device description in the gateway's search response. */
export function locationOf(response: string, gateway: Gateway): URL | undefined {
  if (response.length > limits.upnpAnswer || !/^HTTP\/1\.[01] 200\b/.test(response))
    return undefined;
  const location = /^location:[ \t]*(\S+)[ \t]*$/im.exec(response)?.[1];
  return location === undefined ? undefined : atGateway(location, gateway);
}

/**
 * Searches on the interface towards the gateway.
 * @param own our address there.
 */
export function findDescription(
  { gateway, clock, signal }: GatewayRequest,
  own: string,
): Promise<URL | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    let cancel = (): void => undefined;
    const done = (found?: URL): void => {
      cancel();
      signal.removeEventListener("abort", cancelled);
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.close();
      resolve(found);
    };
    const cancelled = (): void => done();
    const search = (made: number): void => {
      if (made >= limits.upnpTries || signal.aborted) {
        done();
        return;
      }
      for (const { ip, port } of gateway.ssdp)
        for (const kind of KINDS) {
          const head =
            `M-SEARCH * HTTP/1.1\r\nHOST: ${ip}:${port}\r\n` +
            `MAN: "ssdp:discover"\r\nMX: 1\r\nST: ${kind}\r\n\r\n`;
          socket.send(head, port, ip, () => undefined);
        }
      cancel = clock.after(limits.upnpWait, () => search(made + 1));
    };
    socket.on("error", cancelled);
    socket.on("message", (answer, from) => {
      if (from.address !== gateway.ip) return;
      const found = locationOf(answer.toString("latin1"), gateway);
      if (found !== undefined) done(found);
    });
    socket.bind(0, own, () => {
      signal.addEventListener("abort", cancelled, { once: true });
      socket.setMulticastInterface(own);
      search(0);
    });
  });
}
