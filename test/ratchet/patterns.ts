/** The Noise Framework's patterns (revision 34, §7.4, §7.5, §18.1): pre-messages, then messages. */
import type { HandshakePattern, Token } from "../../src/ratchet/noise.ts";

/** `i`/`r` before the colon: whose static key is known before; messages parted by `|`. */
const table: Readonly<Record<string, string>> = {
  N: "r: e es",
  K: "ir: e es ss",
  X: "r: e es s ss",
  NN: ": e | e ee",
  KN: "i: e | e ee se",
  NK: "r: e es | e ee",
  KK: "ir: e es ss | e ee se",
  NX: ": e | e ee s es",
  KX: "i: e | e ee se s es",
  XN: ": e | e ee | s se",
  IN: ": e s | e ee se",
  XK: "r: e es | e ee | s se",
  IK: "r: e es s ss | e ee se",
  XX: ": e | e ee s es | s se",
  IX: ": e s | e ee se s es",
  NK1: "r: e | e ee es",
  NX1: ": e | e ee s | es",
  X1N: ": e | e ee | s | se",
  X1K: "r: e es | e ee | s | se",
  XK1: "r: e | e ee es | s se",
  X1K1: "r: e | e ee es | s | se",
  X1X: ": e | e ee s es | s | se",
  XX1: ": e | e ee s | es s se",
  X1X1: ": e | e ee s | es s | se",
  K1N: "i: e | e ee | se",
  K1K: "ir: e es | e ee | se",
  KK1: "ir: e | e ee se es",
  K1K1: "ir: e | e ee es | se",
  K1X: "i: e | e ee s es | se",
  KX1: "i: e | e ee se s | es",
  K1X1: "i: e | e ee s | se es",
  I1N: ": e s | e ee | se",
  I1K: "r: e es s | e ee | se",
  IK1: "r: e s | e ee se es",
  I1K1: "r: e s | e ee es | se",
  I1X: ": e s | e ee s es | se",
  IX1: ": e s | e ee se s | es",
  I1X1: ": e s | e ee s | se es",
};

/**
 * The pattern that a protocol name such as `Noise_XXpsk0+psk3_25519_ChaChaPoly_SHA256` asks for.
 */
export function patternOf(name: string): HandshakePattern | undefined {
  const [, base, modifiers] = /^Noise_([A-Z0-9]+?)(psk[psk0-9+]*)?_25519_ChaChaPoly_SHA256$/.exec(
    name,
  ) ?? [undefined, "", ""];
  const row = table[base ?? ""];
  if (row === undefined) return undefined;
  const [pre = "", body = ""] = row.split(":");
  const messages = body.split("|").map((message) => message.trim().split(" ") as Token[]);
  for (const modifier of modifiers?.split("+") ?? []) {
    const place = Number(modifier.slice(3));
    if (place === 0) messages[0]?.unshift("psk");
    else messages[place - 1]?.push("psk");
  }
  return {
    name,
    initiatorPre: pre.includes("i") ? ["s"] : [],
    responderPre: pre.includes("r") ? ["s"] : [],
    messages,
  };
}
