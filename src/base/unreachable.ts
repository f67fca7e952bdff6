/** Why a host was not reached, address by address. */
import { SottoError } from "./errors.ts";

export interface DialFailure {
  readonly address: string;
  /** A few words for a person, such as refused or timed out. */
  readonly reason: string;
}

/** The fault `peer-unreachable` of a dial, with what became of each address. */
export class Unreachable extends SottoError {
  readonly failures: readonly DialFailure[];

  constructor(message: string, failures: readonly DialFailure[]) {
    super("peer-unreachable", message);
    this.failures = failures;
  }
}

/** What a dial's fault tells of each address, also where it was wrapped into another one; nothing of any other fault. */
export function dialFailuresOf(error: unknown): readonly DialFailure[] {
  if (error instanceof Unreachable) return error.failures;
  if (error instanceof AggregateError) return error.errors.flatMap(dialFailuresOf);
  return error instanceof Error && error.cause !== undefined ? dialFailuresOf(error.cause) : [];
}
