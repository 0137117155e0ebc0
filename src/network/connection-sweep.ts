import type { TimestampMs } from '../base/brands.ts'
import type { ServerConnection } from './server-connection.ts'

/** How often connections are looked at, in ms: limits of time are kept to this. */
const sweepMs = 1000

/** The open connections of a server. Closes those that cost others something: idle ones, requests that never end, readers that take nothing. */
export class ConnectionSweep {
  readonly connections = new Set<ServerConnection>()
  readonly #timer: ReturnType<typeof setInterval>

  constructor(now: () => TimestampMs) {
    this.#timer = setInterval(() => {
      for (const connection of this.connections) {
        const reason = connection.overdue(now())
        if (reason !== undefined) connection.close(new Error(reason))
      }
    }, sweepMs)
    // It keeps nobody from stopping.
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
