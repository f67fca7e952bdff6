/** Records byte arrays that the program allocates, to see whether copies of a secret are left. */
import { isZero } from "../../src/base/index.ts";

/**
 * Runs a job and records the arrays that JavaScript code makes with `new Uint8Array`, `from`, `of`,
 * `slice` and `TextEncoder` while it runs. Buffers and arrays of built-in functions are not seen.
 */
export async function allocations<Result>(
  job: () => Result | Promise<Result>,
): Promise<{ readonly result: Result; readonly arrays: readonly Uint8Array[] }> {
  const arrays: Uint8Array[] = [];
  const note = <Bytes extends Uint8Array>(bytes: Bytes): Bytes => {
    arrays.push(bytes);
    return bytes;
  };
  const { Uint8Array: real } = globalThis;
  const { slice } = real.prototype;
  const { encode } = TextEncoder.prototype;
  globalThis.Uint8Array = new Proxy(real, {
    construct: (target, args, made) =>
      note(Reflect.construct(target, args, made === globalThis.Uint8Array ? target : made)),
  });
  real.prototype.slice = function (...args) {
    return note(slice.apply(this, args));
  };
  TextEncoder.prototype.encode = function (...args) {
    return note(encode.apply(this, args));
  };
  try {
    return { result: await job(), arrays };
  } finally {
    globalThis.Uint8Array = real;
    real.prototype.slice = slice;
    TextEncoder.prototype.encode = encode;
  }
}

/** The arrays that contain a secret, other than those in `known`. */
export function holding(
  arrays: readonly Uint8Array[],
  secret: Uint8Array,
  ...known: readonly Uint8Array[]
): Uint8Array[] {
  assertSecret(secret);
  return arrays.filter(
    (bytes) => !known.includes(bytes) && Buffer.from(bytes).includes(Buffer.from(secret)),
  );
}

function assertSecret(secret: Uint8Array): void {
  if (secret.length === 0 || isZero(secret)) throw new Error("This secret is no secret.");
}
