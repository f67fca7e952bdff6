/**
 * The rules of rendezvous: what to publish and when, where to look up, and which records are valid.
 * Pure; depends on no network and no store.
 */
export * from "./epoch.ts";
export * from "./invite.ts";
export {
  type OpenedRecord,
  openRecord,
  type RecordBody,
  type RecordRefusal,
  sealRecord,
  signedTime,
} from "./record.ts";
export * from "./schedule.ts";
export * from "./select.ts";
export * from "./tags.ts";
export * from "./validate.ts";
