/** The Secret Service of freedesktop.org (GNOME Keyring, KWallet, KeePassXC), through secret-tool(1) of libsecret. */
import { SottoError } from "../../base/index.ts";
import type { TextKeychain } from "./part-keychain-port.ts";
import { type Ended, run } from "./part-program.ts";

/** Under which a person finds the entry. */
const LABEL = "Key of a Sotto store";

/** @param program secret-tool, or another of its kind. */
export function secretService(program = "secret-tool"): TextKeychain {
  const ask = async (command: string[], name: string, input = ""): Promise<Ended> => {
    const ended = await run(program, [...command, "application", "sotto", "entry", name], input);
    if (ended === "absent")
      throw new SottoError("keychain-missing", "The program secret-tool is not installed.");
    if (ended === "silent") throw locked("The keychain did not answer.");
    // It ends with 1 also where there is no such entry, but then it says nothing.
    if (ended.code !== 0 && ended.complaint !== "") throw complained(ended.complaint);
    return ended;
  };
  /** A locked entry is not told from one that is missing, but by a search, which opens nothing. */
  const refuseLocked = async (name: string): Promise<void> => {
    const { out } = await ask(["search"], name);
    if (out !== "") throw locked("The keychain is locked.");
  };
  return {
    async get(name) {
      const { code, out } = await ask(["lookup"], name);
      if (code === 0) return out;
      await refuseLocked(name);
      return undefined;
    },
    async set(name, text) {
      await ask(["store", `--label=${LABEL}`], name, text);
    },
    async remove(name) {
      const { code } = await ask(["clear"], name);
      if (code !== 0) await refuseLocked(name);
    },
  };
}

function locked(message: string): SottoError {
  return new SottoError("keychain-locked", message);
}

/** Its complaints hold no secret; they are in the person's language, so that little is read out of them. */
function complained(complaint: string): SottoError {
  return /d-?bus|connect|autolaunch|org\.freedesktop\.secrets|ServiceUnknown/i.test(complaint)
    ? new SottoError("keychain-missing", "No keychain answers in this session.")
    : locked("The keychain refused.");
}
