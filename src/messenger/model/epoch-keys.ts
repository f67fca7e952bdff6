/**
 * Keys that change with the epochs: link keys of contacts, invites and groups, and the keys under
 * which records are found.
 */
import { never, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Direction,
  epochOf,
  epochOffset,
  epochsAccepted,
  epochsAround,
  inviteOffset,
  invitePsk,
  inviteSecretAt,
  linkKey,
  linkPsk,
  nextBoundary,
  publicKey,
  type RendezvousKeys,
  type RootChain,
  rendezvousKeys,
  secretAt,
} from "../../dht/index.ts";
import { type RendezvousSecret, rendezvousRoot, rendezvousSecretAt } from "../../group/index.ts";

/** What a hello is made with, and the psk of a handshake that follows it. Each 32 bytes. */
export interface HelloKey {
  readonly key: Uint8Array;
  readonly psk: Uint8Array;
}

/**
 * A secret that turns with the epochs: a pair's root chain, an invite's secret of 16 bytes, or a
 * rendezvous secret of a group. Secrets are told apart as objects.
 */
export type EpochSecret =
  | { readonly kind: "pair"; readonly chain: RootChain }
  | { readonly kind: "invite"; readonly secret: Uint8Array }
  | { readonly kind: "group"; readonly secret: RendezvousSecret };

const offsets = new WeakMap<Uint8Array, number>();

function offsetOf(crypto: CryptoProvider, epochSecret: EpochSecret): number {
  if (epochSecret.kind === "pair") return epochSecret.chain.offset;
  const known = offsets.get(epochSecret.secret);
  if (known !== undefined) return known;
  const offset =
    epochSecret.kind === "invite"
      ? inviteOffset(crypto, epochSecret.secret)
      : groupOffset(crypto, epochSecret.secret);
  offsets.set(epochSecret.secret, offset);
  return offset;
}

function groupOffset(crypto: CryptoProvider, secret: RendezvousSecret): number {
  const root = rendezvousRoot(crypto, secret);
  const offset = epochOffset(crypto, root);
  wipe(root);
  return offset;
}

/** The secret of an epoch, 32 bytes, if there is one; the caller must wipe it. */
function secretOf(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  epoch: number,
): Uint8Array | undefined {
  switch (epochSecret.kind) {
    case "pair":
      return secretAt(crypto, epochSecret.chain, epoch);
    case "invite":
      return inviteSecretAt(crypto, epochSecret.secret, epoch);
    case "group":
      return rendezvousSecretAt(crypto, epochSecret.secret, epoch);
    default:
      return never(epochSecret);
  }
}

/** Runs `use` with the secret of an epoch, 32 bytes, if there is one, and overwrites it. */
function withSecret<Result>(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  epoch: number,
  use: (secret: Uint8Array) => Result,
): Result | undefined {
  const secret = secretOf(crypto, epochSecret, epoch);
  if (secret === undefined) return undefined;
  const result = use(secret);
  wipe(secret);
  return result;
}

/**
 * Hello keys by what they are derived from: a stranger's hello must not cost a derivation for every
 * contact.
 */
const derived = new WeakMap<object, ReadonlyMap<number, HelloKey | undefined>>();

/**
 * Overwrites a chain's root and the hello keys derived from it, once a later chain replaced it or
 * its contact was removed. What still refers to the chain derives nothing from it any more.
 */
export function eraseChain(chain: RootChain): void {
  eraseDerived(chain);
  wipe(chain.root);
}

/**
 * Overwrites a rendezvous secret and the hello keys derived from it. Until then the object must be
 * the only one of this secret that hellos are recognised by.
 */
export function eraseRendezvous(secret: RendezvousSecret): void {
  eraseDerived(secret);
  wipe(secret);
}

function eraseDerived(source: object): void {
  for (const key of derived.get(source)?.values() ?? []) if (key) wipe(key.key, key.psk);
  derived.delete(source);
}

/** The hello key of one epoch, or `undefined` where the chain does not reach it. */
function helloKey(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  epoch: number,
): HelloKey | undefined {
  return withSecret(crypto, epochSecret, epoch, (secret) => {
    const key = linkKey(crypto, secret);
    const psk =
      epochSecret.kind === "invite" ? invitePsk(crypto, epochSecret.secret) : linkPsk(crypto, key);
    return { key, psk };
  });
}

/** The key that a caller uses at `now`. */
export function outboundHelloKey(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  now: number,
): HelloKey | undefined {
  return helloKey(crypto, epochSecret, epochOf(now, offsetOf(crypto, epochSecret)));
}

/**
 * The keys that a caller may have used: of this epoch and the ones beside it, since clocks differ.
 */
export function acceptedHelloKeys(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  now: number,
): HelloKey[] {
  const source = epochSecret.kind === "pair" ? epochSecret.chain : epochSecret.secret;
  const known = derived.get(source);
  const epochs = epochsAccepted(now, offsetOf(crypto, epochSecret));
  if (known !== undefined && epochs.every((epoch) => known.has(epoch)))
    return epochs.flatMap((epoch) => known.get(epoch) ?? []);
  for (const [epoch, key] of known ?? [])
    if (key && !epochs.includes(epoch)) wipe(key.key, key.psk);
  const keys = new Map(
    epochs.map((epoch) => [epoch, known?.get(epoch) ?? helloKey(crypto, epochSecret, epoch)]),
  );
  derived.set(source, keys);
  return [...keys.values()].flatMap((key) => key ?? []);
}

/** Overwrites the secret parts of record keys; the tag is public. */
export function wipeRecordKeys({ signing, seal }: RendezvousKeys): void {
  wipe(signing.seed, seal);
}

/** Where a record of `direction` is published at `now`. */
export function publishKeys(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  direction: Direction,
  now: number,
): RendezvousKeys | undefined {
  const epoch = epochOf(now, offsetOf(crypto, epochSecret));
  return withSecret(crypto, epochSecret, epoch, (secret) =>
    rendezvousKeys(crypto, secret, direction),
  );
}

/** Where a record of `direction` may lie at `now`, likeliest first. */
export function lookupKeys(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  direction: Direction,
  now: number,
): RendezvousKeys[] {
  return epochsAround(now, offsetOf(crypto, epochSecret)).flatMap((epoch) => {
    const keysOf = (secret: Uint8Array) => rendezvousKeys(crypto, secret, direction);
    return withSecret(crypto, epochSecret, epoch, keysOf) ?? [];
  });
}

/** The key under which addresses of `direction` are left on the public DHT at `now`, 32 bytes. */
export function publicPublishKey(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  direction: Direction,
  now: number,
): Uint8Array | undefined {
  const epoch = epochOf(now, offsetOf(crypto, epochSecret));
  return withSecret(crypto, epochSecret, epoch, (secret) => publicKey(crypto, secret, direction));
}

/** The keys under which addresses of `direction` may be found there at `now`, likeliest first. */
export function publicLookupKeys(
  crypto: CryptoProvider,
  epochSecret: EpochSecret,
  direction: Direction,
  now: number,
): Uint8Array[] {
  return epochsAround(now, offsetOf(crypto, epochSecret)).flatMap((epoch) => {
    const keyOf = (secret: Uint8Array) => publicKey(crypto, secret, direction);
    return withSecret(crypto, epochSecret, epoch, keyOf) ?? [];
  });
}

/** When the tags of this secret change next, ms. */
export function turnsAt(crypto: CryptoProvider, epochSecret: EpochSecret, now: number): number {
  return nextBoundary(now, offsetOf(crypto, epochSecret));
}
