/**
 * The interfaces through which the pure modules reach the outside: clock, log, store, transport and
 * rendezvous. Types only, except for the log that discards everything.
 */
export type { Clock, SteadyClock } from "./clock.ts";
export { type Log, type LogFields, silent } from "./log.ts";
export type { Mesh, MeshEvents, MeshVerdict } from "./mesh.ts";
export type { PublicRendezvous, Rendezvous } from "./rendezvous.ts";
export type { ListOptions, Row, RowKey, Store, StoreOp, Table } from "./store.ts";
export type {
  Channel,
  DialTarget,
  OpenedOffer,
  OpenOffer,
  Proximity,
  Scope,
  SealedOffer,
  Transport,
} from "./transport.ts";
