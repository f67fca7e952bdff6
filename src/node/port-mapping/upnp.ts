/**
 * Requests a port mapping by UPnP (Internet Gateway Device 1 and 2). Its description and control
 * URLs are accepted on the gateway's own address only; actions, arguments and errors are named as
 * in WANIPConnection.
 */
import { isIPv4 } from "node:net";
import { limits } from "../../base/index.ts";
import { deadline } from "../util/deadline.ts";
import type { Gateway } from "./default-gateway.ts";
import type { GatewayRequest, Lease, NoLease } from "./types.ts";
import { atGateway, findDescription, ownAddress } from "./upnp-discovery.ts";
import { elements, exchange, type HttpOptions, textOf } from "./upnp-soap.ts";

interface Service {
  readonly type: string;
  readonly control: URL;
}

const TYPE = /^urn:schemas-upnp-org:service:WAN(?:IP|PPP)Connection:[12]$/;

/** WANIPConnection 2.0 §2.5. */
const errors = { conflict: new Set([718, 729]), onlyPermanentLeases: 725 };

/** The port mapping services of a description, the newest first. */
export function servicesIn(description: string, location: URL, gateway: Gateway): Service[] {
  const base = textOf(description, "URLBase");
  const from = base ? atGateway(base, gateway) : location;
  if (from === undefined) return [];
  return elements(description, "service")
    .flatMap((service) => {
      const type = textOf(service, "serviceType") ?? "";
      const control = atGateway(textOf(service, "controlURL") ?? "", gateway, from);
      return TYPE.test(type) && control !== undefined ? [{ type, control }] : [];
    })
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, limits.upnpServices);
}

const rank = ({ type }: Service): number =>
  (type.includes("WANIP") ? 2 : 0) + (type.endsWith(":2") ? 1 : 0);

type Arguments = Readonly<Record<string, string | number>>;

/**
 * Calls a SOAP action. Returns the response document, an error code, or `undefined` for no
 * response.
 */
async function callAction(
  http: HttpOptions,
  { type, control }: Service,
  action: string,
  args: Arguments = {},
): Promise<string | number | undefined> {
  // Arguments are numbers, IP addresses and constants: nothing needs to be escaped.
  const inner = Object.entries(args).map(([name, value]) => `<${name}>${value}</${name}>`);
  const body =
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${type}">${inner.join("")}</u:${action}></s:Body></s:Envelope>`;
  const answer = await exchange(http, control, {
    body,
    headers: {
      "content-type": 'text/xml; charset="utf-8"',
      "content-length": `${body.length}`,
      soapaction: `"${type}#${action}"`,
    },
  });
  if (answer === undefined || answer.status === 200) return answer?.text;
  return Number(textOf(answer.text, "errorCode") ?? answer.status);
}

/**
 * Opens a port of the service.
 * @returns which port, and for how long.
 */
async function open(
  http: HttpOptions,
  service: Service,
  client: string,
  port: number,
  outside: number,
): Promise<{ readonly port: number; readonly seconds: number } | undefined> {
  let [wanted, seconds]: [number, number] = [outside, limits.portMapSeconds];
  for (let tries = 0; tries < limits.upnpPorts; tries++) {
    const args = {
      NewRemoteHost: "",
      NewExternalPort: wanted,
      NewProtocol: "TCP",
      NewInternalPort: port,
      NewInternalClient: client,
      NewEnabled: 1,
      // Anyone on the network can read it: it repeats the other fields only.
      NewPortMappingDescription: `tcp ${port}`,
      NewLeaseDuration: seconds,
    };
    const answer = await callAction(http, service, "AddPortMapping", args);
    if (typeof answer === "string") return { port: wanted, seconds: limits.portMapSeconds };
    if (answer === undefined) {
      // The router may have opened it nevertheless.
      await close(http, service, wanted);
      return undefined;
    }
    if (answer === errors.onlyPermanentLeases && seconds > 0) seconds = 0;
    else if (!errors.conflict.has(answer)) return undefined;
    else if (service.type.endsWith(":2")) {
      const any = await callAction(http, service, "AddAnyPortMapping", args);
      const given = typeof any === "string" ? Number(textOf(any, "NewReservedPort")) : 0;
      if (given > 0 && given < 65_536) return { port: given, seconds };
      return undefined;
    } else wanted = wanted < 65_535 ? wanted + 1 : limits.punchPortMin;
  }
  return undefined;
}

async function close({ clock }: HttpOptions, service: Service, port: number): Promise<void> {
  const args = { NewRemoteHost: "", NewExternalPort: port, NewProtocol: "TCP" };
  await callAction({ clock }, service, "DeletePortMapping", args);
}

/** Implements `RequestMapping`. */
export async function requestUpnp(
  to: GatewayRequest,
  port: number,
  outside: number,
): Promise<Lease | NoLease> {
  const { gateway, clock } = to;
  const limit = deadline(clock, limits.upnpTime, to.signal);
  const http = { clock, signal: limit.signal };
  try {
    const client = await ownAddress(gateway);
    if (client === undefined) return "silent";
    const location = await findDescription({ ...to, signal: limit.signal }, client);
    if (location === undefined) return "silent";
    const description = await exchange(http, location);
    if (description?.status !== 200) return "refused";
    for (const service of servicesIn(description.text, location, gateway)) {
      // Skip a service without an external address, such as that of a disconnected modem.
      const answer = await callAction(http, service, "GetExternalIPAddress");
      const ip = typeof answer === "string" ? (textOf(answer, "NewExternalIPAddress") ?? "") : "";
      if (!isIPv4(ip) || ip === "0.0.0.0") continue;
      const mapped = await open(http, service, client, port, outside);
      if (mapped !== undefined)
        return {
          key: `upnp ${service.control} ${mapped.port}`,
          ip,
          ...mapped,
          release: () => close({ clock }, service, mapped.port),
        };
    }
    return "refused";
  } finally {
    limit.clear();
  }
}
