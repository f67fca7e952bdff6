/**
 * Every byte array that the engine can still reach, by its own debugger: a heap snapshot does not
 * hold their bytes.
 */
import { Session } from "node:inspector";
import { isAnyArrayBuffer } from "node:util/types";

/** The memory behind each live array, once. A collection runs first. */
export function liveBytes(): Uint8Array[] {
  const session = new Session();
  session.connect();
  const post = (
    method: string,
    params: object,
  ): { readonly [name: string]: { objectId?: string } } => {
    let answer: unknown;
    session.post(method, params, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`);
      answer = result;
    });
    return answer as { readonly [name: string]: { objectId?: string } };
  };
  const buffers = new Set<ArrayBufferLike>();
  const holder = globalThis as { liveObjects?: unknown };
  for (const name of ["Uint8Array", "ArrayBuffer"]) {
    const { result } = post("Runtime.evaluate", { expression: `${name}.prototype` });
    const { objects } = post("Runtime.queryObjects", {
      prototypeObjectId: result?.objectId,
      objectGroup: "live",
    });
    post("Runtime.callFunctionOn", {
      objectId: objects?.objectId,
      functionDeclaration: "function () { globalThis.liveObjects = [...this]; }",
    });
    for (const object of holder.liveObjects as unknown[]) {
      if (ArrayBuffer.isView(object)) buffers.add(object.buffer);
      else if (isAnyArrayBuffer(object)) buffers.add(object);
    }
    delete holder.liveObjects;
  }
  post("Runtime.releaseObjectGroup", { objectGroup: "live" });
  session.disconnect();
  return [...buffers].map((buffer) => new Uint8Array(buffer));
}
