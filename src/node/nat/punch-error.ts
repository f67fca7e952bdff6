/** A hole that was not made. */
import type { NatKind } from "../../wire/index.ts";
import type { PunchReason } from "../model/config.ts";

/** Why no hole was made, and in words for a person. */
export class HolePunchError extends Error {
  override readonly name = "Unpunched";
  readonly reason: PunchReason;
  /** What their router does, where they told. */
  readonly theirs: NatKind | undefined;

  constructor(reason: PunchReason, message: string, theirs?: NatKind) {
    super(message);
    this.reason = reason;
    this.theirs = theirs;
  }
}
