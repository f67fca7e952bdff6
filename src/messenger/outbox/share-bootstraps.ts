/**
 * Bootstrap nodes that contacts tell each other of, for the time when one's own are offline
 * (docs/SPEC.md §8, Hosts).
 */
import { limits } from "../../base/index.ts";
import { type Stamp, supersedes } from "../model/actions.ts";
import { type Contact, reachable } from "../model/contact.ts";
import { policyOf } from "../model/link-policy.ts";
import { isNewer } from "../model/order.ts";
import type { Peer } from "../model/peer.ts";
import type { BootstrapPort, SharedBootstrap, SharedBootstraps } from "../model/ports.ts";
import { commitContact } from "../state/change-contact.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { commit, enqueueAct, openBatch, withdraw } from "./outgoing-batch.ts";

/** The contact after it told of its hosts. @param now ms since 1970. */
export function withHosts(
  contact: Contact,
  { lamport, id }: Stamp,
  named: readonly string[],
  now: number,
  port: BootstrapPort | undefined,
): Contact {
  const before = contact.receivedBootstraps;
  if (port === undefined || policyOf(contact) !== "any") return contact;
  if (!isNewer({ lamport, id }, before)) return contact;
  const unwanted = before?.unwanted.filter((address) => named.includes(address)) ?? [];
  const hosts = [...new Set(named)]
    .slice(0, limits.toldHosts)
    .filter((address) => !unwanted.includes(address) && port.mayAsk(address))
    .map(
      (address) => before?.hosts.find((host) => host.address === address) ?? { address, at: now },
    );
  return { ...contact, receivedBootstraps: { lamport, id, hosts, unwanted } };
}

/**
 * Sends our bootstrap nodes to a linked contact where they changed: at most once in
 * `limits.tellHosts`, not to contacts that may not see our address, and not while we are invisible.
 */
export async function shareBootstraps(context: Context, peer: Peer): Promise<void> {
  await withContactLock(context, peer, async () => {
    const { contact, link } = peer;
    if (context.hosts === undefined || context.presence.invisible) return;
    if (link === undefined || contact.pairing !== "confirmed") return;
    if (!reachable(contact) || policyOf(contact) !== "any") return;
    const hosts = context.hosts.own().slice(0, limits.toldHosts);
    const told = contact.sentBootstraps ?? { at: Number.NEGATIVE_INFINITY, hosts: [] };
    if (sameHosts(hosts, told.hosts)) return;
    const now = context.clock.now();
    // A clock that fell back must not keep us silent for as long.
    if (now >= told.at && now - told.at < limits.tellHosts) return;
    const batch = openBatch(context, peer, 0);
    const body = { kind: "hosts" as const, hosts };
    await withdraw(peer, batch, ({ act }) => act !== undefined && supersedes(body, act.body));
    const { at: place } = await enqueueAct(context, batch, body);
    batch.contact = { ...batch.contact, sentBootstraps: { at: now, hosts, place } };
    await commit(context, peer, batch);
  });
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}

/** See `HostBook`. */
export function sharedBootstraps(context: Context): SharedBootstraps {
  const change = (address: string, next: (contact: Contact) => Contact): Promise<boolean> =>
    changeNamed(context, address, next);
  return {
    learnedHosts: () => learnedHosts(context),
    forgetHost: (address) => change(address, (contact) => without(contact, address, true)),
    async noteHost(address, answers) {
      await change(address, (contact) => noted(contact, address, answers, context.clock.now()));
    },
  };
}

/**
 * One of each contact before a second one of any, and older ones first: a contact that names many,
 * or names them late, displaces no other.
 */
function learnedHosts({ contactStore, hosts: port }: Context): SharedBootstrap[] {
  if (port === undefined) return [];
  const ranked = contactStore
    .peers()
    .filter(({ contact }) => reachable(contact) && policyOf(contact) === "any")
    .flatMap(({ contact: { account, name, receivedBootstraps } }) =>
      (receivedBootstraps?.hosts ?? [])
        .filter(({ address }) => port.mayAsk(address))
        .map(({ address, at }, rank) => ({ rank, host: { address, account, name, at } })),
    )
    .sort((a, b) => a.rank - b.rank || a.host.at - b.host.at);
  const found = new Map<string, SharedBootstrap>();
  for (const { host } of ranked) if (!found.has(host.address)) found.set(host.address, host);
  return [...found.values()].slice(0, limits.learnedHosts);
}

/** Changes every contact that named the host. @returns whether there is one. */
async function changeNamed(
  context: Context,
  address: string,
  next: (contact: Contact) => Contact,
): Promise<boolean> {
  const names = ({ contact }: Peer): boolean =>
    contact.receivedBootstraps?.hosts.some((host) => host.address === address) === true;
  const peers = context.contactStore.peers().filter(names);
  for (const peer of peers)
    await withContactLock(context, peer, async () => {
      const contact = next(peer.contact);
      if (contact === peer.contact) return;
      await commitContact(context, peer, { contact, events: [] });
    });
  return peers.length > 0;
}

function without(contact: Contact, address: string, unwanted: boolean): Contact {
  const { receivedBootstraps } = contact;
  if (receivedBootstraps === undefined) return contact;
  return {
    ...contact,
    receivedBootstraps: {
      ...receivedBootstraps,
      hosts: receivedBootstraps.hosts.filter((host) => host.address !== address),
      unwanted: unwanted ? [...receivedBootstraps.unwanted, address] : receivedBootstraps.unwanted,
    },
  };
}

/** The contact after one of its hosts was asked. @param now ms since 1970. */
export function noted(contact: Contact, address: string, answers: boolean, now: number): Contact {
  const { receivedBootstraps } = contact;
  const host = receivedBootstraps?.hosts.find((each) => each.address === address);
  if (receivedBootstraps === undefined || host === undefined) return contact;
  const { silentSince, ...spoken } = host;
  if (answers && silentSince === undefined) return contact;
  if (!answers && silentSince !== undefined)
    return now - silentSince < limits.learnedSilence ? contact : without(contact, address, false);
  const next = answers ? spoken : { ...host, silentSince: now };
  const hosts = receivedBootstraps.hosts.map((each) => (each === host ? next : each));
  return { ...contact, receivedBootstraps: { ...receivedBootstraps, hosts } };
}
