/** Prints a view again whenever it changes, until ^C or until the node stops. */
import type { Client } from "../../api/index.ts";
import { type Part, safe } from "../../base/index.ts";
import { exit } from "./exit-codes.ts";
import type { Printer } from "./print.ts";

export interface View<Value = unknown> {
  readonly text: Part;
  readonly value: Value;
}

const SECOND = 1000;
/** Moves the cursor home and clears the screen. */
const CLEAR = safe`\u001b[H\u001b[2J`;

/** The exit code when these keys end the view: q, or ^C in raw mode. `undefined` for others. */
export function exitCodeOfKeys(keys: string): number | undefined {
  if (keys.includes("\u0003")) return exit.interrupted;
  return /q/i.test(keys) ? exit.ok : undefined;
}

/**
 * Polls every `interval` ms, and after each event. On a terminal the screen is redrawn; otherwise,
 * and with --json, the view is printed when its value changed. Throws what `read` throws.
 */
export async function watch(
  node: Client,
  out: Printer,
  read: () => Promise<View>,
  redraws: boolean,
  interval = SECOND,
): Promise<never> {
  let wake = (): void => undefined;
  let listening = false;
  const listen = async (): Promise<void> => {
    listening = true;
    try {
      for await (const _event of node.events()) wake();
    } catch {
      // Polling reports what is wrong with the node.
    }
    listening = false;
  };
  let before = "";
  for (;;) {
    // Again after the stream has ended, because this client was too slow.
    if (!listening) void listen();
    const { text, value } = await read();
    const now = JSON.stringify(value);
    if (redraws) out.data(safe`${CLEAR}${text}`, value);
    else if (now !== before) out.data(text, value);
    before = now;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, interval);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
