/**
 * Codes of errors that methods answer: those of every method, and groups that several share. The
 * row of each method names its own ones (docs/API.md, OpenRPC).
 */
import type { ErrorCode } from "../../base/index.ts";

/** What any method may answer: the request, the connection, the node, the disk, this machine. */
export const generalErrors = [
  "request-malformed",
  "method-unknown",
  "params-invalid",
  "scope-missing",
  "node-locked",
  "store-write-failed",
  "store-damaged",
  "store-closed",
  "disk-full",
  "home-lost",
  "system-refused",
  "too-many-files",
  "out-of-resources",
  "internal",
] as const satisfies readonly ErrorCode[];

/** A name or an account id means no contact, or more than one. */
export const whoErrors = [
  "contact-unknown",
  "contact-ambiguous",
  "contact-look-alike",
  "group-unknown",
] as const satisfies readonly ErrorCode[];

/** An id means no message, or more than one. */
export const messageErrors = [
  "message-unknown",
  "message-ambiguous",
  ...whoErrors,
] as const satisfies readonly ErrorCode[];

/** Nothing may be sent to the contact, or no more. */
export const sendErrors = [
  "contact-blocked",
  "key-changed",
  "invite-denied",
  "invite-used",
  "invite-expired",
  "outbox-full",
  "order-exhausted",
] as const satisfies readonly ErrorCode[];

/** Nothing may be sent to the group, or no more. */
export const groupErrors = ["group-ended", "group-reader"] as const satisfies readonly ErrorCode[];

/** A text cannot be that of a message. */
export const textErrors = [
  "message-empty",
  "message-too-long",
  "message-not-text",
] as const satisfies readonly ErrorCode[];

/** The settings file cannot be changed. */
export const settingsErrors = [
  "config-invalid",
  "file-write-failed",
] as const satisfies readonly ErrorCode[];
