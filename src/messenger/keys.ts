/** Which keys of the day prove whom: link keys of contacts and of invites, and the places where records lie. */
import type { CryptoProvider } from "../crypto/index.ts";
import {
  type Direction,
  epochOf,
  epochsAccepted,
  epochsAround,
  inviteOffset,
  invitePsk,
  inviteSecretAt,
  linkKey,
  linkPsk,
  nextBorder,
  type RendezvousKeys,
  type RootChain,
  rendezvousKeys,
  secretAt,
} from "../dht/index.ts";

/** What a hello is made with, and the psk of a handshake that follows it. Each 32 bytes. */
export interface HelloKey {
  readonly key: Uint8Array;
  readonly psk: Uint8Array;
}

/** A secret that turns with the epochs: a pair's root chain, or an invite's secret of 16 bytes. */
export type Turning =
  | { readonly kind: "pair"; readonly chain: RootChain }
  | { readonly kind: "invite"; readonly secret: Uint8Array };

function offsetOf(crypto: CryptoProvider, turning: Turning): number {
  return turning.kind === "pair" ? turning.chain.offset : inviteOffset(crypto, turning.secret);
}

function secretOf(crypto: CryptoProvider, turning: Turning, epoch: number): Uint8Array | undefined {
  return turning.kind === "pair"
    ? secretAt(crypto, turning.chain, epoch)
    : inviteSecretAt(crypto, turning.secret, epoch);
}

/** The hello key of one epoch, or `undefined` where the chain does not reach it. */
function helloKey(crypto: CryptoProvider, turning: Turning, epoch: number): HelloKey | undefined {
  const secret = secretOf(crypto, turning, epoch);
  if (secret === undefined) return undefined;
  const key = linkKey(crypto, secret);
  const psk = turning.kind === "pair" ? linkPsk(crypto, key) : invitePsk(crypto, turning.secret);
  return { key, psk };
}

/** The key that a caller uses at `now`. */
export function callingKey(
  crypto: CryptoProvider,
  turning: Turning,
  now: number,
): HelloKey | undefined {
  return helloKey(crypto, turning, epochOf(now, offsetOf(crypto, turning)));
}

/** The keys that a caller may have used: of this epoch and the ones beside it, since clocks differ. */
export function acceptedKeys(crypto: CryptoProvider, turning: Turning, now: number): HelloKey[] {
  return epochsAccepted(now, offsetOf(crypto, turning)).flatMap(
    (epoch) => helloKey(crypto, turning, epoch) ?? [],
  );
}

/** Where a record of `direction` is published at `now`. */
export function publishKeys(
  crypto: CryptoProvider,
  turning: Turning,
  direction: Direction,
  now: number,
): RendezvousKeys | undefined {
  const secret = secretOf(crypto, turning, epochOf(now, offsetOf(crypto, turning)));
  return secret && rendezvousKeys(crypto, secret, direction);
}

/** Where a record of `direction` may lie at `now`, likeliest first. */
export function lookupKeys(
  crypto: CryptoProvider,
  turning: Turning,
  direction: Direction,
  now: number,
): RendezvousKeys[] {
  return epochsAround(now, offsetOf(crypto, turning)).flatMap((epoch) => {
    const secret = secretOf(crypto, turning, epoch);
    return secret ? [rendezvousKeys(crypto, secret, direction)] : [];
  });
}

/** When the tags of this secret change next, ms. */
export function turnsAt(crypto: CryptoProvider, turning: Turning, now: number): number {
  return nextBorder(now, offsetOf(crypto, turning));
}
