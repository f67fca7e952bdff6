/**
 * How many bytes of the post-quantum ratchet a message may carry: it knows the sizes of frames and
 * nothing else of them.
 */
import { limits } from "../base/index.ts";
import { PIECE_AT, type Room } from "./chunks.ts";
import { MESSAGE_OVERHEAD } from "./header.ts";

/** A frame's length (u32) and type (u8), docs/WIRE.md §1. */
const FRAME_BYTES = 5;

/**
 * The room beside a plaintext. Pieces fill what would be zeros in the frame. Only the first message
 * of a sending chain takes the next size of frame where less than `limits.pqPiece` is free: so
 * texts that always fill their frames cannot hold an epoch up, and an absent peer, who ends no
 * chain, costs no byte.
 */
export function roomBeside(plaintextLength: number, newChain: boolean): Room {
  const free = frameRoom(plaintextLength, 0);
  return {
    free,
    piece: newChain ? frameRoom(plaintextLength, PIECE_AT + limits.pqPiece) : free,
  };
}

function frameRoom(plaintextLength: number, least: number): number {
  const taken = FRAME_BYTES + MESSAGE_OVERHEAD + plaintextLength;
  for (const bucket of limits.frameBuckets) if (bucket - taken >= least) return bucket - taken;
  return 0;
}
