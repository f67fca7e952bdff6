/** `sotto rpc`: calls a method of the node's API and prints its result as JSON. */
import type { MethodName } from "../../api/index.ts";
import { displayJson, fromUtf8, limits, SottoError } from "../../base/index.ts";
import type { Context, Define } from "../runtime/context.ts";
import { readStandardInput } from "../runtime/standard-input.ts";

export const define: Define = (command, context) => {
  command
    .argument("<method>", "a method of docs/API.md")
    .argument(
      "[json]",
      "its parameters as a JSON object, or - to read them from standard input",
      "{}",
    )
    .addHelpText("after", NOTES)
    .action((method: string, json: string) => call(method, json, context));
};

const NOTES = `
Examples:
  sotto rpc node.state
  sotto rpc message.send '{"who":"bob","text":"See you at nine."}'
  sotto rpc store.protect - < params.json    for a secret, which no argument may contain`;

async function call(method: string, json: string, context: Context): Promise<void> {
  const params = parse(json === "-" ? await standardInput() : json);
  // The node checks both.
  const result: unknown = await context.call(method as MethodName, params as never);
  context.out.data(displayJson(result), result);
}

/** Throws `message-not-text`, `usage`, `file-unreadable`. */
async function standardInput(): Promise<string> {
  const bytes = await readStandardInput(limits.rpcBytes);
  if (bytes === undefined)
    throw new SottoError("usage", `The parameters are longer than ${limits.rpcBytes} bytes.`);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new SottoError("usage", "The parameters are not UTF-8.");
  return text;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new SottoError(
      "usage",
      'The parameters are not JSON. Write an object: \'{"who":"bob"}\'.',
    );
  }
}
