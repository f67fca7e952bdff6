/** What every room stands on. Depends on nothing. */
export * from "./backoff.ts";
export * from "./bytes.ts";
export * from "./dial-errors.ts";
export * from "./display.ts";
export * from "./duration.ts";
export * from "./encoding.ts";
export * from "./error-table.ts";
export * from "./errors.ts";
export * from "./findings.ts";
export * from "./ids.ts";
export * from "./keyed-mutex.ts";
export * from "./labels.ts";
export * from "./limits.ts";
export * from "./priority-semaphore.ts";
export * from "./random.ts";
export * from "./rate-limit.ts";
export * from "./safe-text.ts";
