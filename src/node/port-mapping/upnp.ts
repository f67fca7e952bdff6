/**
 * Asking the router for a port in UPnP (Internet Gateway Device 1 and 2). Its description and its
 * controls are taken from the gateway's own address alone; the names of actions, arguments and
 * errors are those of WANIPConnection.
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

/** The services of a description that map ports; the newest first. */
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

/** The answer as a document, the number of an error, or nothing. */
async function callAction(
  call: HttpOptions,
  { type, control }: Service,
  action: string,
  args: Arguments = {},
): Promise<string | number | undefined> {
  // Arguments are numbers, IP addresses and words of our own: nothing in them needs to be escaped.
  const inner = Object.entries(args).map(([name, value]) => `<${name}>${value}</${name}>`);
  const body =
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${type}">${inner.join("")}</u:${action}></s:Body></s:Envelope>`;
  const answer = await exchange(call, control, {
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

/** Opens a port of the service. @returns which, and for how long. */
async function open(
  call: HttpOptions,
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
      // Everybody on the network can read it: it says nothing that the rest does not.
      NewPortMappingDescription: `tcp ${port}`,
      NewLeaseDuration: seconds,
    };
    const answer = await callAction(call, service, "AddPortMapping", args);
    if (typeof answer === "string") return { port: wanted, seconds: limits.portMapSeconds };
    if (answer === undefined) {
      // The router may have opened it all the same.
      await close(call, service, wanted);
      return undefined;
    }
    if (answer === errors.onlyPermanentLeases && seconds > 0) seconds = 0;
    else if (!errors.conflict.has(answer)) return undefined;
    else if (service.type.endsWith(":2")) {
      const any = await callAction(call, service, "AddAnyPortMapping", args);
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

/** See `AskForPort`. */
export async function requestUpnp(
  asking: GatewayRequest,
  port: number,
  outside: number,
): Promise<Lease | NoLease> {
  const { gateway, clock } = asking;
  const limit = deadline(clock, limits.upnpTime, asking.signal);
  const call = { clock, signal: limit.signal };
  try {
    const client = await ownAddress(gateway);
    if (client === undefined) return "silent";
    const location = await findDescription({ ...asking, signal: limit.signal }, client);
    if (location === undefined) return "silent";
    const description = await exchange(call, location);
    if (description?.status !== 200) return "refused";
    for (const service of servicesIn(description.text, location, gateway)) {
      // One that has no address outside (a modem that is not connected, say) is no way out.
      const said = await callAction(call, service, "GetExternalIPAddress");
      const ip = typeof said === "string" ? (textOf(said, "NewExternalIPAddress") ?? "") : "";
      if (!isIPv4(ip) || ip === "0.0.0.0") continue;
      const given = await open(call, service, client, port, outside);
      if (given !== undefined)
        return {
          key: `upnp ${service.control} ${given.port}`,
          ip,
          ...given,
          release: () => close({ clock }, service, given.port),
        };
    }
    return "refused";
  } finally {
    limit.clear();
  }
}
