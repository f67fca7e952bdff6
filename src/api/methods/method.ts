/** What the table of methods holds of each method, and fields that several methods share. */
import type { ErrorCode } from "../../base/index.ts";
import { contact } from "../schema/contact.ts";
import { object, type Schema, short } from "../schema/fields.ts";
import type { Row } from "../scopes.ts";

/** A method of the API: everything that its types, its validation and its documentation need. */
export interface Method<Params = unknown, Result = unknown> {
  /** The row of scopes that it is in. */
  readonly row: Row;
  /**
   * Set if a token that is limited to some contacts can call it: it concerns one conversation, or
   * answers about those contacts only.
   */
  readonly limited?: true;
  /** What it does, in one or more sentences. */
  readonly summary: string;
  /** Codes of the errors that it answers besides `generalErrors`. */
  readonly errors: readonly ErrorCode[];
  readonly params: Schema<Params>;
  readonly result: Schema<Result>;
  /** The request in docs/API.md; a test sends it. */
  readonly example: Params;
}

export type MethodTable = Readonly<Record<string, Method>>;

/** The types of a table's parameters and results. */
export type MethodTypes<Table extends MethodTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Method<infer Params, infer Result>
    ? { readonly params: Params; readonly result: Result }
    : never;
};

/** One method; its example must have the type of its parameters. */
export const method = <Params, Result>(
  spec: Omit<Method<Params, Result>, "example"> & { readonly example: NoInfer<Params> },
): Method<Params, Result> => spec;

/** No parameters, or an empty result. */
export const nothing = object({}) as Schema as Schema<Nothing>;
export type Nothing = Readonly<Record<string, never>>;

/** How a contact is named, or a group where a method works in any conversation. */
export const who = short(
  "A contact: a whole account id, which always means that account, a name, at least 16 " +
    "characters of an account id, or the unique start of a name. Of messages and conversations " +
    "also a group: `group:` and what this node calls it, or its id.",
);
export const oneContact = object({ who });
export const aContact = object({ contact });

/** Ids in examples; the test that sends them puts those of its nodes in their place. */
export const sample = {
  alice: "4ziiwkyr4dn5nsc2tfkbrjrzgf3br6codhtbu6mtai7i7ghloclq",
  bob: "477abjbio33w5r52cqlnuqi6vo4x4k4ihvgg3o5lrg5n44xntsiq",
  carol: "2vzmkmoe4ohrefvsdcpvpc5yb5yx3hjfyzyhbdfgb4ilbvsowtga",
  device: "eiotxgcekhwrcwgi6pxswszyptf2tm547bqyqywlu3ja34el32ea",
  message: "gfl7h5md3ashlulxm6w2itb3sq",
  /** A message that was not sent yet. */
  waiting: "vlzxklsa5pctjhnebifldcfl2e",
  reusable: "6yfcmlqp7j2eyhzxw5tkz3mvda",
  invite: "fe35vfl7yhrmuhzb6nj5mgexga",
  group: "9f2c41d07be5a8361d4e6f90b27c85aa",
  otherGroup: "3b7d10e24c9f58a6620e7741d3f9b8c5",
  member: "c81e728d9d4c2f636f067f89cc14862c",
  otherMember: "a87ff679a2f3e71d9181a67b7542122c",
  groupMessage: "q5c3v7dm2xk4zt6yfnhw6abr2e",
  link: "sotto:…",
  address: "/ip4/203.0.113.7/tcp/4001/p2p/12D3KooWPnNiTLsEPqkWJhRbAoFPEjPrJ2KmVsFhcoLNDmuQxRTf",
} as const;
