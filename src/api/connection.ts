/** A two-way stream of lines, whatever carries it. */
export interface Connection {
  /** Sends one line; the newline is added. */
  write(line: string): void;
  /** Takes each line that arrives, without its newline. Set once. */
  onLine(take: (line: string) => void): void;
  /** Told once when the connection has ended, from either side. Set once. */
  onClose(closed: () => void): void;
  close(): void;
}
