/** What the broker counts as it goes; whoever shows the figures gives an implementation. Called on hot paths: costs nothing much. */
export interface Metrics {
  /** A request was answered; `errorCode` 0 when it had no error of its own. */
  request(api: string, elapsedMs: number, errorCode: number): void
  /** So many records and bytes of a topic were appended by clients. */
  produced(topic: string, records: number, bytes: number): void
  /** What a client sent to a partition of a topic was refused. */
  produceRefused(topic: string): void
  /** A fetch of a partition of a topic failed with its disk. */
  fetchRefused(topic: string): void
  /** So many bytes of a topic were sent to clients. */
  fetched(topic: string, bytes: number): void
  /** One fdatasync made so many batches durable. */
  committed(batches: number, elapsedMs: number): void
  connections(open: number): void
}

/** For a broker that nobody looks at. */
export const noMetrics: Metrics = {
  request: () => undefined,
  produced: () => undefined,
  produceRefused: () => undefined,
  fetchRefused: () => undefined,
  fetched: () => undefined,
  committed: () => undefined,
  connections: () => undefined,
}
