/** Secret keys as types of their own: to pass one where another belongs does not compile. */

declare const role: unique symbol;

/** 32 bytes that serve one purpose; at run time a plain array. */
export type SecretKey<Role extends string> = Uint8Array & { readonly [role]: Role };

/**
 * A constructor of keys of one role. It keeps the array that it is given.
 * @returns a function that throws a RangeError for anything but 32 bytes.
 */
export function secretKeyOf<K extends SecretKey<string>>(
  name: K[typeof role],
): (bytes: Uint8Array) => K {
  return (bytes) => {
    if (bytes.length !== 32) throw new RangeError(`a ${name} has 32 bytes`);
    return bytes as K;
  };
}
