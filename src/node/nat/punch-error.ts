/** The error of a failed hole punch; a file of its own, since three folders import it. */
import type { NatKind } from "../../wire/index.ts";
import type { PunchReason } from "../model/config.ts";

/** Why hole punching failed: a reason code, and a message of a few words for the user. */
export class HolePunchError extends Error {
  override readonly name = "HolePunchError";
  readonly reason: PunchReason;
  /** How the peer's router maps ports, if the peer reported it. */
  readonly theirs: NatKind | undefined;

  constructor(reason: PunchReason, message: string, theirs?: NatKind) {
    super(message);
    this.reason = reason;
    this.theirs = theirs;
  }
}
