/** Ways to measure. All give medians: a shared machine makes means lie. */
import { Bench } from "tinybench";

/** Something to repeat. It leaves no state behind, or state that makes the next call no dearer. */
export type Task = () => unknown;

/**
 * The median time of each task in µs, by its name. The tasks take turns in rounds, so that a slow
 * moment hits all.
 */
export async function medians<Name extends string>(
  tasks: Readonly<Record<Name, Task>>,
  { rounds = 3, time = 250 }: { readonly rounds?: number; readonly time?: number } = {},
): Promise<Record<Name, number>> {
  const samples = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({ time, warmupTime: round === 0 ? time : time / 5, throws: true });
    for (const [name, task] of Object.entries<Task>(tasks)) bench.add(name, task);
    await bench.run();
    for (const { name, result } of bench.tasks) {
      if (!("latency" in result)) throw new Error(`${name} was not measured`);
      samples.set(name, [...(samples.get(name) ?? []), result.latency.p50 * 1000]);
    }
  }
  return Object.fromEntries(
    [...samples].map(([name, values]) => [name, quantile(values, 0.5)]),
  ) as Record<Name, number>;
}

/**
 * Runs a job some times, one after another; gives the durations in ms, of which the first `warmup`
 * are left out.
 */
export async function durations(
  job: () => Promise<unknown>,
  { count, warmup = 0 }: { readonly count: number; readonly warmup?: number },
): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < warmup + count; i++) {
    const started = performance.now();
    await job();
    if (i >= warmup) taken.push(performance.now() - started);
  }
  return taken;
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new RangeError("no values");
  return value;
}
