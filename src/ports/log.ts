/**
 * Values that may be logged: never message text, keys, names of contacts, full ids or addresses.
 */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Takes the name of an event and allow-listed fields. */
export type Log = (event: string, fields?: LogFields) => void;

/** Keeps nothing. */
export const silent: Log = () => undefined;
