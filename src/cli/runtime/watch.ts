/** Shows something again whenever it changes, until ^C or until the node goes away. */
import type { Client } from "../../api/index.ts";
import type { Printer } from "./print.ts";

export interface Look {
  readonly text: string;
  readonly value: unknown;
}

const SECOND = 1000;
/** Cursor home, and everything behind it gone. */
const CLEAR = "\u001b[H\u001b[2J";

/**
 * Looks every second, and sooner where an event tells of a change. On a terminal the screen is
 * drawn anew each time; elsewhere, and with --json, a line (or lines) is printed where the value
 * changed.
 */
export async function watch(
  node: Client,
  out: Printer,
  look: () => Promise<Look>,
  redraws: boolean,
): Promise<never> {
  let wake = (): void => undefined;
  void (async () => {
    for await (const _event of node.events()) wake();
  })().catch(() => undefined);
  let before = "";
  for (;;) {
    const { text, value } = await look();
    const now = JSON.stringify(value);
    if (redraws) out.data(`${CLEAR}${text}`, value);
    else if (now !== before) out.data(text, value);
    before = now;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SECOND);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
