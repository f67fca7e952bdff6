/** The secret keys of a group, each a type of its own; at run time arrays of 32 bytes. */
import { type SecretKey, secretKeyOf } from "../crypto/index.ts";

/** From which the chains of a generation are derived (K_g). */
export type GenerationSecret = SecretKey<"generation secret">;
/** The state of a sending chain (ck). */
export type GroupChainKey = SecretKey<"group chain key">;
/** Opens one message (mk). */
export type GroupMessageKey = SecretKey<"group message key">;
/** By which members find and authenticate each other (docs/SPEC.md, groups). */
export type RendezvousSecret = SecretKey<"rendezvous secret">;

export const generationSecret: (bytes: Uint8Array) => GenerationSecret =
  secretKeyOf("generation secret");
export const groupChainKey: (bytes: Uint8Array) => GroupChainKey = secretKeyOf("group chain key");
export const groupMessageKey: (bytes: Uint8Array) => GroupMessageKey =
  secretKeyOf("group message key");
export const rendezvousSecret: (bytes: Uint8Array) => RendezvousSecret =
  secretKeyOf("rendezvous secret");
