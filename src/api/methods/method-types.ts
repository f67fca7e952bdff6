/** Types that the tables of methods share. */
import type { Contact } from "../views.ts";

/** No parameters, or an empty result. */
export type Nothing = Readonly<Record<string, never>>;
/** A contact: name, unique start of a name, account id, or at least 6 characters of one. */
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
