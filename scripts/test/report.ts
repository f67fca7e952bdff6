/** The text at the end of a run: which tests failed, and what else was wrong with each suite. */

/** A failed test or hook, as test/support/setup.ts writes it. */
export interface Failure {
  /** The file of the test, as a path from the root of the repository where it is below it. */
  readonly file: string;
  /** The names of the groups and of the test. */
  readonly title: string;
  /** The message and the stack of the error. */
  readonly error: string;
}

/** What is wrong with the run of one suite. */
export interface Broken {
  readonly suite: string;
  readonly faults: readonly string[];
  readonly failed: readonly Failure[];
}

/** Lines of one report: CI keeps the last 100 of a run, which prints two reports. */
const LINES = 40;

/** Lines of each error, where there is space for the errors of all tests. */
const ERROR_LINES = 5;

/** Columns of a line; the rest is cut off. */
const COLUMNS = 240;

/**
 * Names every failed test with the first lines of its error; without the errors where the report
 * would exceed 40 lines. A report that still exceeds them ends with the number of other lines.
 */
export function report(suites: readonly Broken[]): string[] {
  const whole = linesOf(suites, ERROR_LINES);
  const lines = whole.length <= LINES ? whole : linesOf(suites, 0);
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES - 1), `and ${lines.length - LINES + 1} more lines`];
}

function linesOf(suites: readonly Broken[], errorLines: number): string[] {
  const faults = suites.flatMap(({ suite, faults }) => faults.map((fault) => `${suite}: ${fault}`));
  const failed = suites.flatMap(({ suite, failed }) =>
    failed.flatMap(({ file, title, error }) => [
      `failed in ${suite}: ${file}: ${title.replaceAll(/\s+/g, " ")}`,
      ...firstLines(error, errorLines).map((line) => `    ${line}`),
    ]),
  );
  return [...faults, ...failed].map((line) => line.slice(0, COLUMNS));
}

const firstLines = (text: string, count: number): string[] =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(0, count);
