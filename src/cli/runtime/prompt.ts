/**
 * Questions to a person at a terminal, on standard error; asked only where `context.interactive`.
 */
import { Interrupted } from "./exit-codes.ts";

/** Loaded only when something is asked. */
const load = () => import("@clack/prompts");
const output = process.stderr;

/** ^C at a question answers it with a symbol. */
function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (typeof answer === "symbol") throw new Interrupted();
  return answer as Exclude<Answer, symbol>;
}

export async function askText(message: string): Promise<string> {
  const { text } = await load();
  return answered(await text({ message, output, validate: required }));
}

/** What is typed is not shown. */
export async function askSecret(message: string): Promise<string> {
  const { password } = await load();
  return answered(await password({ message, output, validate: required }));
}

export async function askYes(message: string): Promise<boolean> {
  const { confirm } = await load();
  return answered(await confirm({ message, output, initialValue: false }));
}

const required = (value: string | undefined) =>
  value === undefined || value.trim() === "" ? "Write something, or press Ctrl+C." : undefined;
