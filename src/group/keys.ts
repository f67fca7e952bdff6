/** The secret keys of a group, each a type of its own; at run time arrays of 32 bytes. */

declare const role: unique symbol;
type Key<Role extends string> = Uint8Array & { readonly [role]: Role };

/** From which the chains of a generation are derived (K_g). */
export type GenerationSecret = Key<"generation secret">;
/** The state of a sending chain (ck). */
export type GroupChainKey = Key<"group chain key">;
/** Opens one message (mk). */
export type GroupMessageKey = Key<"group message key">;
/** By which members find and authenticate each other (docs/SPEC.md, groups). */
export type RendezvousSecret = Key<"rendezvous secret">;

function keyOf<K extends Key<string>>(name: K[typeof role]): (bytes: Uint8Array) => K {
  return (bytes) => {
    if (bytes.length !== 32) throw new RangeError(`a ${name} has 32 bytes`);
    return bytes as K;
  };
}

export const generationSecret: (bytes: Uint8Array) => GenerationSecret = keyOf("generation secret");
export const groupChainKey: (bytes: Uint8Array) => GroupChainKey = keyOf("group chain key");
export const groupMessageKey: (bytes: Uint8Array) => GroupMessageKey = keyOf("group message key");
export const rendezvousSecret: (bytes: Uint8Array) => RendezvousSecret = keyOf("rendezvous secret");
