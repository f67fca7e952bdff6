/** Prompts on standard error; only used if `context.interactive`. */
import { type Part, written } from "../../base/index.ts";
import { Interrupted } from "./exit-codes.ts";

/** Loaded only for a prompt. */
const load = () => import("@clack/prompts");
const output = process.stderr;

/** Throws `Interrupted` for ^C or Escape, which clack returns as a symbol. */
function answered<Answer>(answer: Answer, note = ""): Exclude<Answer, symbol> {
  if (typeof answer === "symbol") throw new Interrupted(note);
  return answer as Exclude<Answer, symbol>;
}

/** What to print where the user does not agree to a change. */
export const unchanged = "Nothing was changed.";

/** The text that the user typed, not empty. Throws `Interrupted`. */
export async function askText(question: Part): Promise<string> {
  const { text } = await load();
  return answered(await text({ message: written(question), output, validate: required }));
}

/**
 * A text that is not shown while it is typed. Throws `Interrupted`.
 * @param refusal why a text is not accepted.
 */
export async function askSecret(
  question: Part,
  refusal: (typed: string) => string | undefined = () => undefined,
): Promise<string> {
  const { password } = await load();
  const validate = (typed: string | undefined) => required(typed) ?? refusal(typed ?? "");
  return answered(await password({ message: written(question), output, validate }));
}

/**
 * Whether the user agrees to a change that was not made yet. Throws `Interrupted`, with a note:
 * clack shows one of the two answers then, as if it had been chosen.
 * @param initialValue the answer to a bare return.
 */
export async function askYes(question: Part, initialValue = false): Promise<boolean> {
  const { confirm } = await load();
  const answer = await confirm({ message: written(question), output, initialValue });
  return answered(answer, unchanged);
}

const required = (value: string | undefined) =>
  value === undefined || value.trim() === "" ? "Type something, or press Ctrl+C." : undefined;
