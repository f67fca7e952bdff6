/** Bootstrap hosts that contacts tell each other of, for the day on which one's own are gone (docs/SPEC.md §8, Hosts). */
import { limits } from "../../base/index.ts";
import type { Stamp } from "../model/actions.ts";
import { isNewer } from "../model/apply-action.ts";
import { type Contact, reachable } from "../model/contact.ts";
import { policyOf } from "../model/link-policy.ts";
import type { Peer } from "../model/peer.ts";
import type { HostBook, HostsPort, LearnedHost } from "../model/ports.ts";
import { putContact } from "../state/contact-store.ts";
import { type Core, inTurn } from "../state/context.ts";
import { commit, enqueueAct, openBatch, withdraw } from "./outgoing-batch.ts";

/** The contact after it told of its hosts. @param now ms since 1970. */
export function withHosts(
  contact: Contact,
  { lamport, id }: Stamp,
  named: readonly string[],
  now: number,
  port: HostsPort | undefined,
): Contact {
  const before = contact.learned;
  if (port === undefined || policyOf(contact) !== "any") return contact;
  if (!isNewer({ lamport, id }, before)) return contact;
  const unwanted = before?.unwanted.filter((address) => named.includes(address)) ?? [];
  const hosts = [...new Set(named)]
    .slice(0, limits.toldHosts)
    .filter((address) => !unwanted.includes(address) && port.mayAsk(address))
    .map(
      (address) => before?.hosts.find((host) => host.address === address) ?? { address, at: now },
    );
  return { ...contact, learned: { lamport, id, hosts, unwanted } };
}

/**
 * Tells a linked contact of our hosts where that is news: at most once in `limits.tellHosts`, and nobody who may not see our address,
 * or while we are invisible.
 */
export async function tellHosts(core: Core, peer: Peer): Promise<void> {
  await inTurn(core, peer, async () => {
    const { contact, link } = peer;
    if (core.hosts === undefined || core.presence.invisible) return;
    if (link === undefined || contact.pairing !== "confirmed") return;
    if (!reachable(contact) || policyOf(contact) !== "any") return;
    const hosts = core.hosts.own().slice(0, limits.toldHosts);
    const told = contact.toldHosts ?? { at: Number.NEGATIVE_INFINITY, hosts: [] };
    if (sameHosts(hosts, told.hosts)) return;
    const now = core.clock.now();
    // A clock that fell back must not keep us silent for as long.
    if (now >= told.at && now - told.at < limits.tellHosts) return;
    const batch = openBatch(core, peer, 0);
    await withdraw(peer, batch, ({ act }) => act?.body.kind === "hosts");
    const { at: place } = enqueueAct(core, batch, { kind: "hosts", hosts });
    batch.contact = { ...batch.contact, toldHosts: { at: now, hosts, place } };
    await commit(core, peer, batch);
  });
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}

/** See `HostBook`. */
export function hostBook(core: Core): HostBook {
  const change = (address: string, next: (contact: Contact) => Contact): Promise<boolean> =>
    changeNamed(core, address, next);
  return {
    learnedHosts: () => learnedHosts(core),
    forgetHost: (address) => change(address, (contact) => without(contact, address, true)),
    async noteHost(address, answers) {
      await change(address, (contact) => noted(contact, address, answers, core.clock.now()));
    },
  };
}

/** One of each contact before a second one of any, and the older first: who tells much or late displaces nobody. */
function learnedHosts({ book, hosts: port }: Core): LearnedHost[] {
  if (port === undefined) return [];
  const ranked = book
    .peers()
    .filter(({ contact }) => reachable(contact) && policyOf(contact) === "any")
    .flatMap(({ contact: { account, name, learned } }) =>
      (learned?.hosts ?? [])
        .filter(({ address }) => port.mayAsk(address))
        .map(({ address, at }, rank) => ({ rank, host: { address, account, name, at } })),
    )
    .sort((a, b) => a.rank - b.rank || a.host.at - b.host.at);
  const found = new Map<string, LearnedHost>();
  for (const { host } of ranked) if (!found.has(host.address)) found.set(host.address, host);
  return [...found.values()].slice(0, limits.learnedHosts);
}

/** Changes every contact that named the host. @returns whether there is one. */
async function changeNamed(
  core: Core,
  address: string,
  next: (contact: Contact) => Contact,
): Promise<boolean> {
  const names = ({ contact }: Peer): boolean =>
    contact.learned?.hosts.some((host) => host.address === address) === true;
  const peers = core.book.peers().filter(names);
  for (const peer of peers)
    await inTurn(core, peer, async () => {
      const contact = next(peer.contact);
      if (contact === peer.contact) return;
      await core.store.commit([putContact(contact)]);
      peer.contact = contact;
    });
  return peers.length > 0;
}

function without(contact: Contact, address: string, unwanted: boolean): Contact {
  const { learned } = contact;
  if (learned === undefined) return contact;
  return {
    ...contact,
    learned: {
      ...learned,
      hosts: learned.hosts.filter((host) => host.address !== address),
      unwanted: unwanted ? [...learned.unwanted, address] : learned.unwanted,
    },
  };
}

/** The contact after one of its hosts was asked. @param now ms since 1970. */
export function noted(contact: Contact, address: string, answers: boolean, now: number): Contact {
  const { learned } = contact;
  const host = learned?.hosts.find((each) => each.address === address);
  if (learned === undefined || host === undefined) return contact;
  const { silentSince, ...spoken } = host;
  if (answers && silentSince === undefined) return contact;
  if (!answers && silentSince !== undefined)
    return now - silentSince < limits.learnedSilence ? contact : without(contact, address, false);
  const next = answers ? spoken : { ...host, silentSince: now };
  const hosts = learned.hosts.map((each) => (each === host ? next : each));
  return { ...contact, learned: { ...learned, hosts } };
}
