/** Types that the tables of methods share. */
import type { Contact } from "../views.ts";

/** No parameters, or an empty result. */
export type Nothing = Readonly<Record<string, never>>;
/**
 * A contact: a whole account id, which always means that account, a name, at least 16 characters of
 * an account id, or the unique start of a name. The name of a request without an answer is
 * accepted by the methods `request.*` only.
 */
export interface Who {
  readonly who: string;
}
export interface OneContact {
  readonly contact: Contact;
}
export interface Method<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}
