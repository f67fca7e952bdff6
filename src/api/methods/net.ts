/** Connections, bootstrap nodes and network settings. */
import { limits } from "../../base/index.ts";
import { contact } from "../schema/contact.ts";
import { flag, list, maybe, number, object, oneOf, short, text, whole } from "../schema/fields.ts";
import { knownBootstrap, peer, reach } from "../schema/node.ts";
import { settingsErrors, whoErrors } from "./errors.ts";
import { type MethodTypes, method, nothing, oneContact, sample } from "./method.ts";

const address = object({ address: short("A multiaddr that ends in /p2p/PEERID.") });
const bootstraps = object({ bootstrap: list(knownBootstrap) });
const on = object({ on: flag() });

export const netMethods = {
  "net.peers": method({
    row: "read",
    summary: "The connected libp2p peers.",
    errors: [],
    params: nothing,
    result: object({ peers: list(peer) }),
    example: {},
  }),
  "net.check": method({
    row: "manage",
    summary: "Asks peers now whether they can reach this node.",
    errors: [],
    params: nothing,
    result: object({ reach }),
    example: {},
  }),
  "net.rotate": method({
    row: "manage",
    summary: "Rotates the libp2p host key (PeerId); the old one is closed after some minutes.",
    errors: [],
    params: nothing,
    result: object({ host: text("The new PeerId.") }),
    example: {},
  }),
  "net.invisible": method({
    row: "manage",
    summary: "Makes the node invisible, now and at the next starts, or visible.",
    errors: [...settingsErrors],
    params: on,
    result: object({ invisible: flag() }),
    example: { on: true },
  }),
  "net.public": method({
    row: "manage",
    summary: "Turns the public IPFS DHT on or off, now and for the next starts.",
    errors: [...settingsErrors, "proxy-forbids"],
    params: on,
    result: object({ public: flag() }),
    example: { on: false },
  }),
  "net.decoys": method({
    row: "manage",
    summary: "Publishes cover records up to a multiple of `step` tags, now and at the next starts.",
    errors: [...settingsErrors],
    params: object({ step: whole("0: none.", 0, limits.decoyStep) }),
    result: object({ decoys: whole() }),
    example: { step: 8 },
  }),
  "net.ping": method({
    row: "manage",
    summary: "Pings a contact over its link, and waits up to 10 s for the response.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({
      contact,
      outcome: oneOf(["answered", "silent", "no-link"]),
      rttMs: maybe(number("Round trip, ms.")),
    }),
    example: { who: "bob" },
  }),
  "net.bootstrap.list": method({
    row: "manage",
    summary: "The bootstrap nodes that this node knows.",
    errors: [],
    params: nothing,
    result: bootstraps,
    example: {},
  }),
  "net.bootstrap.add": method({
    row: "manage",
    summary: "Adds a bootstrap node to the settings and connects to it.",
    errors: ["address-invalid", ...settingsErrors],
    params: address,
    result: bootstraps,
    example: { address: sample.address },
  }),
  "net.bootstrap.remove": method({
    row: "manage",
    summary:
      "Removes a bootstrap node; one from a contact is not accepted again until the contact " +
      "shares other ones.",
    errors: ["address-invalid", ...settingsErrors],
    params: address,
    result: bootstraps,
    example: { address: sample.address },
  }),
};

export type NetMethods = MethodTypes<typeof netMethods>;
