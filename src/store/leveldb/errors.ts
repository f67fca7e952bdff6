/**
 * Maps LevelDB's errors to `SottoError`. Their texts contain paths and no data of rows; they are
 * kept as the cause.
 */
import { SottoError } from "../../base/index.ts";

/** The codes of an error and of its causes, innermost last. */
function codes(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    if ("code" in at && typeof at.code === "string") found.push(at.code);
  return found;
}

/**
 * Whether LevelDB reports that another process (or another handle of this one) holds the database.
 */
export function isLocked(error: unknown): boolean {
  return codes(error).includes("LEVEL_LOCKED");
}

/** LevelDB reports strerror's text, not the number. */
function isFull(error: unknown): boolean {
  return error instanceof Error && /no space left|quota exceeded/i.test(error.message);
}

/** The error for a store that could not be opened and is not in use. */
export function openError(error: unknown): SottoError {
  if (error instanceof SottoError) return error;
  const inner = error instanceof Error && error.cause ? error.cause : error;
  if (isFull(error) || isFull(inner))
    return new SottoError("disk-full", "There is no space left to open the store.", {
      cause: error,
    });
  // EACCES, EIO, EMFILE and similar: the system refused, and the store may be intact. The user must
  // not be told to replace a store because a disk or a cable fails.
  if (
    inner instanceof Error &&
    /permission denied|input\/output error|EIO|too many open|read-only/i.test(inner.message)
  )
    return new SottoError(
      "store-write-failed",
      "The files of the store cannot be opened for writing.",
      {
        cause: error,
      },
    );
  return new SottoError("store-damaged", "The files of the store are inconsistent.", {
    cause: error,
  });
}

/** The error for a failed read. */
export function readError(error: unknown): SottoError {
  if (error instanceof SottoError) return error;
  const known = codes(error);
  if (known.includes("LEVEL_DATABASE_NOT_OPEN") || known.includes("LEVEL_ITERATOR_NOT_OPEN"))
    return storeClosed();
  return new SottoError("store-damaged", "The files of the store cannot be read.", {
    cause: error,
  });
}

/** The error for a failed write. */
export function writeError(error: unknown): SottoError {
  if (error instanceof SottoError) return error;
  if (isFull(error))
    return new SottoError("disk-full", "There is no space left to write to the store.", {
      cause: error,
    });
  return new SottoError("store-write-failed", "Writing to the store failed.", { cause: error });
}

export function storeClosed(): SottoError {
  return new SottoError("store-closed", "The store is closed.");
}
