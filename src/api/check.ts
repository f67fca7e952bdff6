/** Checks parameters and results against the contract, and says what is wrong with a field. */
import * as v from "valibot";
import { cutText } from "../base/index.ts";
import { ParamsInvalid } from "./errors.ts";
import { type MethodName, methods, type Params } from "./methods.ts";
import type { Schema } from "./schema/fields.ts";

/**
 * The parameters of a call, as they are; `undefined` counts as `{}`. Throws `ParamsInvalid`, whose
 * message names the first wrong field and contains no value of the caller.
 */
export function checkParams<Name extends MethodName>(method: Name, params: unknown): Params<Name> {
  // An empty array would pass as an object without fields.
  if (Array.isArray(params))
    throw new ParamsInvalid(`The parameters of ${method} must be an object with named fields.`);
  const checked = v.safeParse(methods[method].params as Schema<Params<Name>>, params ?? {});
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const field = cut(v.getDotPath(issue) ?? "");
  throw new ParamsInvalid(`${describe(issue, field, method)}.`, field || undefined);
}

/**
 * What makes a value differ from the schema, by path; empty if it fits. For tests: a node does not
 * check its own results, since a difference must not take a working answer from a user.
 */
export function differences(schema: Schema, value: unknown): readonly string[] {
  const checked = v.safeParse(schema, value);
  return (checked.issues ?? []).map(
    (issue) => `${v.getDotPath(issue) ?? "the value"}: ${issue.message}`,
  );
}

type Issue = v.BaseIssue<unknown>;

/** One sentence without its period. */
function describe(issue: Issue, field: string, method: MethodName): string {
  const name = JSON.stringify(field);
  if (field === "") return `The parameters of ${method} must be an object with named fields`;
  if (issue.type === "strict_object" && issue.expected === "never")
    return `${method} has no field ${name}${knownFields(method, field)}`;
  if (issue.kind === "schema" && issue.received === "undefined")
    return `The field ${name} of ${method} is missing`;
  return `The field ${name} of ${method} ${demand(issue)}`;
}

/** The fields that a method has; of the parameters themselves only. */
function knownFields(method: MethodName, field: string): string {
  const { entries } = methods[method].params as { entries?: object };
  const names = Object.keys(entries ?? {});
  if (field.includes(".")) return "";
  return names.length === 0 ? "; it has none" : `; its fields are ${names.join(", ")}`;
}

/** What a value must be. Never shows the value, which may be a secret. */
function demand({ type, requirement, expected }: Issue): string {
  switch (type) {
    case "non_empty":
      return "must not be empty";
    case "max_length":
      return `is too long: at most ${requirement} characters`;
    case "min_value":
      return `must be at least ${requirement}`;
    case "max_value":
      return `must be at most ${requirement}`;
    case "integer":
      return "must be a whole number";
    case "array":
      return "must be a list";
    case "strict_object":
      return "must be an object with named fields";
    case "picklist":
    case "literal":
    case "variant": {
      const words = (expected ?? "").replace(/^\(|\)$/g, "").split(" | ");
      return `must be ${words.length > 1 ? "one of " : ""}${words.join(", ")}`;
    }
    default:
      return `must be a ${expected ?? "valid value"}`;
  }
}

/** A name of a caller, shortened for an error. */
function cut(text: string): string {
  const short = cutText(text, 64);
  return short === text ? text : `${short}…`;
}
