/**
 * Features of later versions, negotiated in the handshake: each side states its own as a set of
 * bits, and both use those that they have in common (docs/WIRE.md §4).
 */

/** The bit of each feature. Bits are never reused. */
const bits = { files: 0, devices: 1, mailbox: 2, groups: 3 } as const;

export type Feature = keyof typeof bits;

/** The `capabilities` of a handshake payload: a set of 32 bits. */
export function encodeFeatures(features: ReadonlySet<Feature>): number {
  let set = 0;
  for (const feature of features) set |= 1 << bits[feature];
  return set >>> 0;
}

/**
 * Features that both sides have.
 * @param ours what this node offers.
 * @param theirs `capabilities` as the peer stated them; bits that this version does not know are
 * ignored.
 */
export function commonFeatures(ours: ReadonlySet<Feature>, theirs: number): ReadonlySet<Feature> {
  return new Set([...ours].filter((feature) => (theirs & (1 << bits[feature])) !== 0));
}
