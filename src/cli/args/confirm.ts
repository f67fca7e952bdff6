/** Confirmation before a command destroys something. */
import { type Part, SottoError, safe, written } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import { askYes, unchanged } from "../runtime/prompt.ts";

export interface YesOption {
  readonly yes?: true;
}

/** The option of every command that destroys something. */
export const yesOption = ["--yes", "do not ask for confirmation"] as const;

/**
 * Whether the user wants it. If not, says so and sets the exit code. Throws `confirmation-needed`
 * if the user cannot be asked.
 * @param loss a sentence: what will be lost.
 */
export async function confirmed(
  loss: Part,
  { yes }: YesOption,
  context: Context,
): Promise<boolean> {
  if (yes) return true;
  if (!context.interactive) throw new SottoError("confirmation-needed", written(loss));
  if (await askYes(safe`${loss} Continue?`)) return true;
  context.out.say(unchanged);
  context.exit(exit.failure);
  return false;
}
