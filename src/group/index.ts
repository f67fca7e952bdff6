/**
 * Groups as pure functions: the membership log and its replay, key generations, messages, and the
 * comparison of what two members have.
 */
export * from "./audience.ts";
export * from "./causality.ts";
export * from "./entry.ts";
export * from "./flood-mesh.ts";
export * from "./generation-choice.ts";
export * from "./ids.ts";
export * from "./judgement.ts";
export * from "./key-generation.ts";
export * from "./key-package.ts";
export * from "./keys.ts";
export * from "./limits.ts";
export * from "./message.ts";
export * from "./message-validator.ts";
export * from "./op.ts";
export * from "./range-reconciliation.ts";
export * from "./rank.ts";
export * from "./rendezvous.ts";
export * from "./replay.ts";
export * from "./sending-chain.ts";
export * from "./signed-op.ts";
export * from "./signing-key.ts";
export * from "./version-vector.ts";
