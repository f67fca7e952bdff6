/** The exit codes of the command line. */
import type { ErrorCode } from "../../base/index.ts";

export const exit = {
  ok: 0,
  failure: 1,
  usage: 2,
  notRunning: 3,
  keyChanged: 4,
  timedOut: 5,
  notFound: 6,
  locked: 7,
  interrupted: 130,
} as const;

const codes: Partial<Record<ErrorCode, number>> = {
  usage: exit.usage,
  "confirmation-needed": exit.usage,
  "passphrase-weak": exit.usage,
  "passphrases-differ": exit.usage,
  "params-invalid": exit.usage,
  "address-invalid": exit.usage,
  "metrics-invalid": exit.usage,
  "metrics-public": exit.usage,
  "expiry-invalid": exit.usage,
  "timer-invalid": exit.usage,
  "name-invalid": exit.usage,
  "contact-ambiguous": exit.usage,
  "message-ambiguous": exit.usage,
  "reaction-invalid": exit.usage,
  "token-invalid": exit.usage,
  "node-not-running": exit.notRunning,
  "key-changed": exit.keyChanged,
  "timed-out": exit.timedOut,
  "contact-unknown": exit.notFound,
  "contact-look-alike": exit.notFound,
  "group-unknown": exit.notFound,
  "request-unknown": exit.notFound,
  "invite-unknown": exit.notFound,
  "message-unknown": exit.notFound,
  "follower-unknown": exit.notFound,
  "token-unknown": exit.notFound,
  "store-in-use": exit.locked,
  "node-already-running": exit.locked,
  "bootstrap-already-running": exit.locked,
  "node-locked": exit.locked,
  "keychain-locked": exit.locked,
  "passphrase-needed": exit.locked,
  "passphrase-wrong": exit.locked,
};

/** The exit code of a failure. */
export function exitCodeOf(code: ErrorCode): number {
  return codes[code] ?? exit.failure;
}

/** The user pressed ^C or Escape at a prompt. Its message, if any, is what to print. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
