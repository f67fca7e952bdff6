/** How this program is started again as another process: the same Node, its flags, the same file. */
export function selfCommand(): [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
}
