/** CRC-32/BZIP2: polynomial 04c11db7, most significant bit first. */

/**
 * 4 bytes. With the bytes before it this is one codeword in the order of the bits, so it tells
 * every burst of up to 32 bits: any wrong character of base32 and any two swapped neighbours. It is
 * no authenticator.
 */
export function checksum(bytes: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, ~crc >>> 0);
  return sum;
}
