/**
 * Sending chains: one for each recipient of a generation, from which the keys of its messages
 * follow one after the other (docs/SPEC.md, groups). A chain is a value; the keys that a step
 * leaves behind are wiped by the caller once the new value is stored.
 */
import { concat, labels, utf8 } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import {
  type GenerationId,
  type GroupId,
  generationId,
  groupId,
  type MemberId,
  memberId,
} from "./ids.ts";
import {
  type GenerationSecret,
  type GroupChainKey,
  type GroupMessageKey,
  groupChainKey,
  groupMessageKey,
  type RendezvousSecret,
  rendezvousSecret,
} from "./keys.ts";
import { groupLimits } from "./limits.ts";

const NEXT_CHAIN = Uint8Array.of(1);
const MESSAGE = Uint8Array.of(2);

/** The key of a message that was passed over. */
export interface SkippedMessageKey {
  readonly seq: number;
  readonly mk: GroupMessageKey;
}

export interface SendingChain {
  /** The sequence of the message whose key comes next, from 1. */
  readonly next: number;
  readonly ck: GroupChainKey;
  /** In ascending sequence, at most 2,000. */
  readonly skipped: readonly SkippedMessageKey[];
}

/** ck0 = HMAC(K_g, label ‖ group ‖ generation ‖ member ‖ u8 slot). */
export function startChain(
  crypto: CryptoProvider,
  secret: GenerationSecret,
  group: GroupId,
  generation: GenerationId,
  member: MemberId,
  slot: number,
): SendingChain {
  const context = concat(
    utf8(labels.groupChain),
    groupId.bytes(group),
    generationId.bytes(generation),
    memberId.bytes(member),
    Uint8Array.of(slot),
  );
  return { next: 1, ck: groupChainKey(crypto.hmac(secret, context)), skipped: [] };
}

/** HKDF("", K_g, label ‖ group ‖ generation, 32). */
export function deriveRendezvous(
  crypto: CryptoProvider,
  secret: GenerationSecret,
  group: GroupId,
  generation: GenerationId,
): RendezvousSecret {
  const info = concat(
    utf8(labels.groupRendezvous),
    groupId.bytes(group),
    generationId.bytes(generation),
  );
  return rendezvousSecret(crypto.hkdf(new Uint8Array(0), secret, info, 32));
}

export type TakenKey =
  | {
      readonly kind: "key";
      readonly mk: GroupMessageKey;
      readonly chain: SendingChain;
      /** Keys that the new chain no longer has; `mk` is not among them. */
      readonly spent: readonly Uint8Array[];
    }
  /** The key was used or dropped: another member may still give it. */
  | { readonly kind: "gone" }
  /** More than 2,000 messages ahead: those before are asked for first. */
  | { readonly kind: "ahead" };

/**
 * Takes the key of a message. Keys of messages passed over are kept, the newest 2,000 of them.
 * @param seq from 1.
 */
export function takeKey(crypto: CryptoProvider, chain: SendingChain, seq: number): TakenKey {
  if (seq < chain.next) {
    const found = chain.skipped.find((skipped) => skipped.seq === seq);
    if (found === undefined) return { kind: "gone" };
    const skipped = chain.skipped.filter((one) => one !== found);
    return { kind: "key", mk: found.mk, chain: { ...chain, skipped }, spent: [] };
  }
  if (seq - chain.next > groupLimits.chainSkippedKeys) return { kind: "ahead" };
  const spent: Uint8Array[] = [];
  const skipped = [...chain.skipped];
  let { ck, next } = chain;
  for (; ; next++) {
    const mk = groupMessageKey(crypto.hmac(ck, MESSAGE));
    spent.push(ck);
    ck = groupChainKey(crypto.hmac(ck, NEXT_CHAIN));
    if (next === seq) {
      const dropped = skipped.splice(0, Math.max(0, skipped.length - groupLimits.chainSkippedKeys));
      spent.push(...dropped.map((one) => one.mk));
      return { kind: "key", mk, chain: { next: next + 1, ck, skipped }, spent };
    }
    skipped.push({ seq: next, mk });
  }
}
