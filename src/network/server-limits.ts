/** What keeps one client, or many, from costing the others anything. Kafka's names and defaults where it has them. */
export interface ServerLimits {
  /** max.connections: more are closed as they come. */
  readonly connectionsMax: number
  /** max.connections.per.ip: more of one address are closed as they come. */
  readonly connectionsPerHostMax: number
  /** socket.request.max.bytes: the largest request. */
  readonly requestBytesMax: number
  /** queued.max.request.bytes: what all connections together may have received and not answered; above it they are not read. */
  readonly queuedRequestBytesMax: number
  /** Requests of one connection that are read ahead of their turn. */
  readonly queuedRequestsMax: number
  /** Bytes of answers that a client has not taken yet: above it none of its requests is begun. */
  readonly unsentBytesMax: number
  /** A client that takes nothing of its answers for so long is cut off, in ms. */
  readonly unsentMs: number
  /** A request that has begun must be whole after so long, in ms, and a second for each `requestBytesPerSecondMin` that came. */
  readonly requestMs: number
  readonly requestBytesPerSecondMin: number
  /** sasl.server.max.receive.size: the largest request before the client has said who it is. */
  readonly strangerBytesMax: number
  /** A client that has not said who it is after so long is cut off, in ms. */
  readonly strangerMs: number
  /** connections.max.idle.ms: a connection without a request for so long is closed. */
  readonly idleMs: number
}

export const defaultServerLimits: ServerLimits = {
  connectionsMax: 10_000,
  connectionsPerHostMax: 2 ** 31 - 1,
  requestBytesMax: 100 * 1024 * 1024,
  queuedRequestBytesMax: 256 * 1024 * 1024,
  queuedRequestsMax: 256,
  unsentBytesMax: 4 * 1024 * 1024,
  unsentMs: 60_000,
  requestMs: 30_000,
  requestBytesPerSecondMin: 64 * 1024,
  strangerBytesMax: 512 * 1024,
  strangerMs: 30_000,
  idleMs: 600_000,
}
