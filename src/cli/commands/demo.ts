/** `sotto demo`: runs a bootstrap node and other nodes on this computer and lets them talk. */
import { safe, written } from "../../base/index.ts";
import { playGroup } from "../demo/group.ts";
import { playPair } from "../demo/pair.ts";
import { startDemo } from "../demo/processes.ts";
import type { Play, Tell } from "../demo/steps.ts";
import { formatDuration } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";

interface Options {
  readonly group?: true;
}

export const define: Define = (command, context) => {
  command
    .option("--group", "four nodes that form a group, in place of two that talk")
    .action(({ group }: Options) => demo(group ? playGroup : playPair, context));
};

async function demo(play: Play, context: Context): Promise<void> {
  const start = performance.now();
  const { out } = context;
  const tell: Tell = (step, text) =>
    out.data(safe`${out.style.green("✓")} ${text}`, { step, text: written(text) });
  const stage = startDemo();
  const interrupted = () => void stage.clear().then(() => process.exit(130));
  process.once("SIGINT", interrupted);
  try {
    await play(stage, tell);
    tell("done", `done in ${formatDuration(performance.now() - start)}`);
  } finally {
    await stage.clear();
    process.off("SIGINT", interrupted);
  }
}
