/**
 * The names of contacts: whom a typed text means, which names are taken, and which look alike
 * (docs/SPEC.md, Names). Every method of this node that takes a name or an account id resolves it
 * here.
 */
import { accountId, cutText, limits, SottoError } from "../../base/index.ts";
import type { Contact } from "../model/contact.ts";
import { deriveHandle } from "../model/handle.ts";
import { lookAlikeKeys, looksLikeYou, nameKey } from "../model/name-keys.ts";
import type { Peer } from "../model/peer.ts";
import { ContactHandles } from "./contact-handles.ts";

interface Entry {
  readonly peer: Peer;
  readonly name: string;
  readonly key: string;
  readonly looks: readonly string[];
}

/** Whose names count: those of contacts, or also those of requests without an answer. */
export interface Among {
  /** The contact that is to have the name. */
  readonly except?: Peer | undefined;
  readonly requests?: boolean;
}

const isRequest = ({ contact }: Peer): boolean => contact.pairing === "requested";
/** What names a group, and never a contact. */
const GROUP = /^\s*group:/i;
const ACCOUNT_START = new RegExp(`^[a-z2-7]{${limits.accountStart},}$`);
/** Code points that stay free for a hyphen and a number after a name. */
const NUMBER = 7;

export class ContactNames {
  readonly #entries = new Map<Peer, Entry>();
  readonly #byLook = new Map<string, Set<Entry>>();

  readonly handles = new ContactHandles();

  /** Notes the name and the handle that a contact has now. */
  set(peer: Peer): void {
    const { name } = peer.contact;
    this.handles.set(peer);
    if (this.#entries.get(peer)?.name === name) return;
    this.#forget(peer);
    this.#entries.set(peer, this.#index(peer, name));
  }

  delete(peer: Peer): void {
    this.handles.delete(peer);
    this.#forget(peer);
  }

  #forget(peer: Peer): void {
    const entry = this.#entries.get(peer);
    if (entry !== undefined) this.#unindex(entry);
    this.#entries.delete(peer);
  }

  /**
   * Keeps the name and the handle of a contact whose row is about to be committed, so that no other
   * one can get them in the meantime.
   * @returns the function that ends this.
   */
  hold(peer: Peer, { name, handle }: Pick<Contact, "name" | "handle">): () => void {
    const releaseHandle = handle === undefined ? () => undefined : this.handles.hold(peer, handle);
    if (this.#entries.get(peer)?.name === name) return releaseHandle;
    const entry = this.#index(peer, name);
    return () => {
      releaseHandle();
      this.#unindex(entry);
    };
  }

  /**
   * The contact with its handle, which it gets with its first name: the user's choice, or that of
   * the first handshake. A request has none.
   */
  withHandle(peer: Peer, contact: Contact): Contact {
    const { handle, named, device, pairing, name, account } = contact;
    const hasName = (named || device !== undefined) && pairing !== "requested";
    if (handle !== undefined || !hasName) return contact;
    const isTaken = (one: string): boolean =>
      this.handles.isTaken(one, peer) || this.taken(one, peer);
    return { ...contact, handle: deriveHandle(name, account, isTaken) };
  }

  #index(peer: Peer, name: string): Entry {
    const entry = { peer, name, key: nameKey(name), looks: lookAlikeKeys(name) };
    for (const look of entry.looks)
      this.#byLook.set(look, (this.#byLook.get(look) ?? new Set()).add(entry));
    return entry;
  }

  #unindex(entry: Entry): void {
    for (const look of entry.looks) {
      const alike = this.#byLook.get(look);
      alike?.delete(entry);
      if (alike?.size === 0) this.#byLook.delete(look);
    }
  }

  /**
   * The contact that a text means: a whole account id, else a name, else a handle, else the start
   * of an account id, else the start of a name or a handle (a name that begins as an id does must
   * not take its place). The name of a request without an answer means no contact. Throws
   * contact-unknown, contact-ambiguous, contact-look-alike, group-unknown.
   * @param finds whether a contact is among those that are looked for.
   */
  contact(who: string, finds: (peer: Peer) => boolean = () => true): Peer {
    if (GROUP.test(who)) throw new SottoError("group-unknown", "There is no group with this name.");
    const [peer, ...others] = this.#named(who, (each) => !isRequest(each), finds);
    if (others.length > 0)
      throw new SottoError("contact-ambiguous", "More than one contact matches this name.");
    if (peer !== undefined) return peer;
    // A name that is held for a contact is not its name yet.
    const alike = this.#alike(who, {}).find(
      ({ peer: found, key }) => finds(found) && key !== nameKey(who),
    );
    if (alike !== undefined)
      throw new SottoError(
        "contact-look-alike",
        "There is no contact with this name, only one whose name looks the same: account " +
          `${alike.peer.contact.account}.`,
      );
    const asks = this.#named(who, isRequest, finds).length > 0;
    throw new SottoError(
      "contact-unknown",
      asks
        ? "There is no contact with this name, only a request to be added: sotto requests."
        : "There is no contact with this name.",
    );
  }

  /** The request without an answer that a text means. Throws request-unknown, contact-ambiguous. */
  request(who: string): Peer {
    const [peer, ...others] = this.#named(who, isRequest);
    if (others.length > 0)
      throw new SottoError("contact-ambiguous", "More than one request matches this name.");
    if (peer === undefined || !isRequest(peer))
      throw new SottoError("request-unknown", "There is no open request with this name.");
    return peer;
  }

  /** @param among those that a name may mean; an account id means any that is found. */
  #named(who: string, among: (peer: Peer) => boolean, finds = (_: Peer): boolean => true): Peer[] {
    const account = accountId.parse(who.trim());
    const found = [...this.#entries].filter(([peer]) => finds(peer));
    if (account !== undefined)
      return found.flatMap(([peer]) => (peer.contact.account === account ? [peer] : []));
    const wanted = nameKey(who);
    if (wanted === "") return [];
    const entries = found.filter(([peer]) => among(peer));
    const fitting = (fits: (texts: readonly string[], contact: Contact) => boolean): Peer[] =>
      entries.flatMap(([peer, { key }]) => {
        const handle = isRequest(peer) ? [] : [this.handles.of(peer)];
        return fits([key, ...handle], peer.contact) ? [peer] : [];
      });
    const same = fitting(([name]) => name === wanted);
    if (same.length > 0) return same;
    const handled = fitting(([, handle]) => handle === wanted);
    if (handled.length > 0) return handled;
    const known = ACCOUNT_START.test(wanted)
      ? fitting((_texts, contact) => contact.account.startsWith(wanted))
      : [];
    if (known.length > 0) return known;
    return fitting((texts) => texts.some((text) => text.startsWith(wanted)));
  }

  /** Whether another contact has this very name; requests do not count. */
  taken(name: string, except: Peer | undefined): boolean {
    return this.#alike(name, { except }).some(({ key }) => key === nameKey(name));
  }

  /** Whether a name is the handle of another contact: only the user may give it to this one. */
  #isHandleOf(key: string, except: Peer | undefined): boolean {
    const owner = this.handles.find(key);
    return owner !== undefined && owner !== except && !isRequest(owner);
  }

  /**
   * Another contact whose name looks like this one, the same name included.
   * @param finds whether a contact is among those that are looked for.
   */
  alike(name: string, among: Among, finds = (_: Peer): boolean => true): Peer | undefined {
    return this.#alike(name, among).find(({ peer }) => finds(peer))?.peer;
  }

  /**
   * The name, or an alias of it if it looks like the name of another contact: that contact's
   * spelling with a free number, the first one unless numbers were given up.
   */
  free(name: string, among: Among): string {
    const alike = this.#alike(name, among);
    const [other] = alike;
    const isHandle = this.#isHandleOf(nameKey(name), among.except);
    if (other === undefined && !isHandle && !looksLikeYou(name)) return name;
    const isSame = other === undefined || alike.some(({ key }) => key === nameKey(name));
    const base = cutText(isSame ? name : other.name, limits.nameLength - NUMBER).trim();
    const isFree = (number: number): boolean =>
      this.#alike(`${base}-${number}`, among).length === 0 &&
      !this.#isHandleOf(nameKey(`${base}-${number}`), among.except);
    // Thousands of made-up accounts may have one name, so numbers are not tried one by one.
    let [taken, free] = [1, 2];
    while (!isFree(free)) [taken, free] = [free, 2 * free];
    while (free - taken > 1) {
      const middle = (taken + free) >> 1;
      if (isFree(middle)) free = middle;
      else taken = middle;
    }
    return `${base}-${free}`;
  }

  #alike(name: string, among: Among): Entry[] {
    const found = lookAlikeKeys(name).flatMap((look) => [...(this.#byLook.get(look) ?? [])]);
    return found.filter(({ peer }) => counts(peer, among));
  }
}

function counts(peer: Peer, { except, requests = false }: Among): boolean {
  return peer !== except && (requests || !isRequest(peer));
}
