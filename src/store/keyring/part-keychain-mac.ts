/** The keychain of macOS, through security(1). */
import { SottoError } from "../../base/index.ts";
import type { TextKeychain } from "./part-keychain-port.ts";
import { type Ended, run } from "./part-program.ts";

const SERVICE = "sotto";
/** errSecItemNotFound, as security(1) ends with it. */
const NOT_FOUND = 44;

export function macKeychain(): TextKeychain {
  const ask = async (args: readonly string[], input = ""): Promise<Ended> => {
    const ended = await run("/usr/bin/security", args, input);
    if (ended === "absent")
      throw new SottoError("keychain-missing", "The program security is not there.");
    if (ended === "silent") throw new SottoError("keychain-locked", "The keychain did not answer.");
    if (ended.code !== 0 && ended.code !== NOT_FOUND)
      throw new SottoError("keychain-locked", "The keychain refused.");
    return ended;
  };
  return {
    async get(name) {
      const { code, out } = await ask(["find-generic-password", "-s", SERVICE, "-a", name, "-w"]);
      return code === 0 ? out.trim() : undefined;
    },
    async set(name, text) {
      // A command on standard input: arguments are seen by everybody on the machine.
      await ask(["-i"], `add-generic-password -U -s ${SERVICE} -a ${name} -w ${text}\n`);
    },
    async remove(name) {
      await ask(["delete-generic-password", "-s", SERVICE, "-a", name]);
    },
  };
}
