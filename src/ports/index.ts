/** What the inner rooms need from the outside. Types only, but for the log that keeps nothing. */
export type { Clock, SteadyClock } from "./clock.ts";
export { type Log, type LogFields, silent } from "./log.ts";
export type { Rendezvous, Signpost } from "./rendezvous.ts";
export type { ListOptions, Row, RowKey, Store, StoreOp, Table } from "./store.ts";
export type {
  Channel,
  DialTarget,
  OpenCall,
  OpenedCall,
  Scope,
  SealedCall,
  Transport,
  Way,
} from "./transport.ts";
