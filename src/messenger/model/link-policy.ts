/**
 * Who may see our address: over which networks links with a contact may be made and accepted, by
 * the user's policy.
 */
import { type AccountId, SottoError } from "../../base/index.ts";
import type { Awaits, Policy, Route } from "../../model/index.ts";
import type { Channel, Scope, Transport } from "../../ports/index.ts";
import type { Contact } from "./contact.ts";
import type { MessengerPorts } from "./ports.ts";

type Bound = Pick<Contact, "policy">;
type Ways = Pick<Transport, "proxied">;

export function policyOf({ policy }: Bound): Policy {
  return policy ?? "any";
}

/**
 * Over which networks a link with the contact may be made; `undefined`: none. Behind a proxy
 * nothing is on our own network, and no peer that we dial sees our address.
 */
export function scopeOf(contact: Bound, { proxied = false }: Ways): Scope | undefined {
  switch (policyOf(contact)) {
    case "any":
      return "any";
    case "lan":
      return proxied ? undefined : "lan";
    case "hidden":
      return proxied ? "any" : undefined;
  }
}

/** What a link with the contact takes beyond both being there. */
export function awaits(contact: Bound, { proxied = false }: Ways): Awaits | undefined {
  switch (policyOf(contact)) {
    case "any":
      return undefined;
    case "lan":
      return proxied ? "no-proxy" : "lan";
    case "hidden":
      return proxied ? undefined : "proxy";
  }
}

type End = Pick<Channel, "outbound" | "proximity">;

/**
 * How a channel reaches the peer. With a proxy, what we dial goes through it, and what comes from
 * this machine is handed over by Tor for our onion service.
 */
export function routeOf({ proxied = false }: Ways, { outbound, proximity = "wan" }: End): Route {
  return proxied && (outbound || proximity === "self") ? "proxy" : "direct";
}

/** Whether a channel may be the contact's link. One of a hidden contact must cross the proxy. */
export function admits(contact: Bound, ways: Ways, channel: End): boolean {
  const { proximity = "wan" } = channel;
  switch (policyOf(contact)) {
    case "any":
      return true;
    case "lan":
      return ways.proxied !== true && proximity !== "wan";
    case "hidden":
      return routeOf(ways, channel) === "proxy";
  }
}

/** Whether the contact may find us from everywhere: neither blocked, nor lan, nor hidden. */
export function mayFindUs(contact: Pick<Contact, "blocked" | "policy">): boolean {
  return !contact.blocked && policyOf(contact) === "any";
}

/** The accounts that an organisation lets its nodes link with, where it keeps a list. */
type List = Pick<MessengerPorts, "allow">;

/**
 * Whether this account may be linked with. Who may not meets what a stranger meets, and nothing of
 * them is kept.
 */
export function allowed({ allow }: List, account: AccountId): boolean {
  return allow === undefined || allow.has(account);
}

/** Throws `contact-not-allowed`. */
export function requireAllowed(list: List, account: AccountId): void {
  if (!allowed(list, account))
    throw new SottoError(
      "contact-not-allowed",
      "The settings of this node allow only some accounts, and not this one.",
    );
}
