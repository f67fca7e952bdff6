/**
 * Handshake and ratchet of two devices, sans-io: bytes and a state in, bytes and a new state out.
 * This module must not know a network, a store, a clock (`now` is an argument), contacts, or what
 * the messages mean.
 */
export { decodeSession, encodeSession } from "./codec.ts";
export { type Opened, type OpenRefusal, type OpenRefused, open } from "./decrypt.ts";
export { seal } from "./encrypt.ts";
export {
  type AwaitingMessage2,
  type AwaitingMessage3,
  endHandshake,
  type HandshakeOptions,
  type HandshakeRefusal,
  type HandshakeRefused,
  initiate,
  type ReadyForMessage2,
  type ReadyForMessage3,
  readMessage2,
  readMessage3,
  respond,
  writeMessage2,
  writeMessage3,
} from "./handshake.ts";
export { MESSAGE_OVERHEAD } from "./header.ts";
export { canSeal, type Session, withoutExpiredKeys } from "./session.ts";
export type { HandshakeOutputs } from "./session-init.ts";
export { changedRows, type SessionRow, sessionOfRows } from "./session-rows.ts";
export { wipeSession } from "./wipe-session.ts";
