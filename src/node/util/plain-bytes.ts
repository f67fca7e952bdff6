/**
 * The same bytes as a plain Uint8Array, without a copy. libp2p hands out Buffers here and there,
 * whose `slice` is a view and not a copy: what an inner room takes for its own would be shared.
 */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
