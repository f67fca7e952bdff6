/** How many bytes of the post-quantum ratchet fit into a message's frame. */
import { limits } from "../base/index.ts";
import { type Capacity, PIECE_AT } from "./chunks.ts";
import { MESSAGE_OVERHEAD } from "./header.ts";

/** A frame's length (u32) and type (u8), docs/WIRE.md §1. */
const FRAME_BYTES = 5;

/**
 * The capacity that a plaintext leaves. Pieces fill what would be zeros in the frame. Only the
 * first message of a sending chain uses the next frame size where less than `limits.pqPiece` is
 * free: so texts that always fill their frames cannot delay an epoch, and an absent peer, which
 * ends no chain, costs no byte.
 */
export function capacityFor(plaintextLength: number, newChain: boolean): Capacity {
  const free = freeBytes(plaintextLength, 0);
  return {
    free,
    piece: newChain ? freeBytes(plaintextLength, PIECE_AT + limits.pqPiece) : free,
  };
}

function freeBytes(plaintextLength: number, least: number): number {
  const taken = FRAME_BYTES + MESSAGE_OVERHEAD + plaintextLength;
  for (const bucket of limits.frameBuckets) if (bucket - taken >= least) return bucket - taken;
  return 0;
}
