/** A client's connection to a node: lines in both directions, whatever carries them. */
export interface Connection {
  /** Sends one line; the newline is added. */
  write(line: string): void;
  /** Receives each line, without its newline. Set once. */
  onLine(take: (line: string) => void): void;
  /** Called once when the connection is closed, by either side. Set once. */
  onClose(closed: () => void): void;
  close(): void;
}
