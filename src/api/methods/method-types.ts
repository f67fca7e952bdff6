/** How a method is written down. */
import type { Contact } from "../views.ts";

/** No parameters, or nothing to tell. */
export type Nothing = Readonly<Record<string, never>>;
/**
 * A contact's name, a unique start of it, or an account id (or a start of at least 6 characters).
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
