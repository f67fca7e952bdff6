/** Schemas of parameters that several methods share. */
import * as v from "valibot";
import { limits } from "../../../base/index.ts";

export const nothing = v.strictObject({});
export const short = v.pipe(
  v.string(),
  v.nonEmpty("must not be empty"),
  v.maxLength(256, "is too long"),
);
export const who = v.strictObject({ who: short });
export const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const wait = v.optional(v.pipe(whole, v.maxValue(limits.apiWait)));
export const address = v.strictObject({ address: short });
/** A passphrase. Errors never contain its value. */
export const secret = v.pipe(
  v.string(),
  v.nonEmpty("must not be empty"),
  v.maxLength(4096, "is too long"),
);
