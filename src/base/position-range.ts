/** A range of positions, of messages in a conversation or of rows in a store. */
export interface PositionRange {
  /** The first position and the last one, inclusive. */
  readonly from: number;
  readonly to: number;
}
