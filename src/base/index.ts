/** What every room stands on. Depends on nothing. */
export * from "./backoff.ts";
export * from "./bytes.ts";
export * from "./causes.ts";
export * from "./display.ts";
export * from "./duration.ts";
export * from "./encoding.ts";
export * from "./error-table.ts";
export * from "./errors.ts";
export * from "./ids.ts";
export * from "./labels.ts";
export * from "./limits.ts";
export * from "./never.ts";
export * from "./places.ts";
export * from "./shuffle.ts";
export * from "./turns.ts";
export * from "./unreachable.ts";
