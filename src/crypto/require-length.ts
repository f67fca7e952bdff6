/**
 * Holds our own code to a length. Bytes from a peer are refused as values instead.
 * @throws RangeError where `bytes` has another length.
 */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes`);
}
