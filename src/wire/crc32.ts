/** CRC-32/BZIP2: polynomial 04c11db7, most significant bit first. */

/**
 * The checksum, 4 bytes. It follows the bytes that it covers, as one codeword in the order of the
 * bits, so it detects every burst error of up to 32 bits: any wrong base32 character and any two
 * adjacent ones that are swapped. It does not authenticate.
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
