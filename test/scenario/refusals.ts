/** What a call may be refused with while everything goes wrong. */
export const expected = new Set([
  "contact-unknown",
  "contact-blocked",
  "contact-exists",
  "disk-full",
  "Error: killed",
  "store-closed",
  "store-write-failed",
  "message-unknown",
  "message-deleted",
  "message-failed",
  "message-sent",
]);
