/**
 * Values that may be logged: never message text, keys, names of contacts, full ids or addresses.
 */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Logs an event by its name, with allow-listed fields. */
export type Log = (event: string, fields?: LogFields) => void;

/** A log that discards every event. */
export const silent: Log = () => undefined;
