/**
 * Returns the same bytes as a plain Uint8Array, without a copy. libp2p may return Buffers, whose
 * `slice` is a view rather than a copy, so that code which keeps a slice would share memory.
 */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
