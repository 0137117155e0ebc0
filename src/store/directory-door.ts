import { ServedError, TemporaryError } from '../base/errors.ts'
import { pause } from '../client/pause.ts'
import type { BrokerStore } from './broker-store.ts'
import type { DirectoryAppender } from './directory-appender.ts'
import type { DirectoryStore } from './directory-store.ts'
import type { LogStore } from './log-store.ts'

/** What it takes to go to a log directory by either way. */
export interface DirectoryWays {
  readonly path: string
  /** Whether a server holds the directory now. Costs some 20 us. */
  isServed(): boolean
  makeFiles(): DirectoryStore
  /** The server's end of its socket; nobody is asked yet. */
  makeServer(): Promise<BrokerStore>
}

/** How long a server that holds the directory may take until it answers, and how often it is tried, in ms. */
const reachMs = 10_000
const pauseMs = 50

/** The two ways to one log directory: its files, and the server that may have it. Keeps what was opened of each. */
export class DirectoryDoor {
  readonly #ways: DirectoryWays
  #files: DirectoryStore
  #server: Promise<BrokerStore> | undefined
  #wasServed = false

  constructor(ways: DirectoryWays) {
    this.#ways = ways
    this.#files = ways.makeFiles()
  }

  /** For reading, which both ways share. */
  get files(): DirectoryStore {
    return this.#files
  }

  isServed(): boolean {
    return this.#ways.isServed()
  }

  /**
   * Does something through the server that holds the directory; `undefined` when there is none any more. One that is just starting or stopping
   * cannot be reached: it is waited for.
   */
  async atServer<T>(act: (server: BrokerStore) => Promise<T>): Promise<{ readonly value: T } | undefined> {
    this.#wasServed = true
    this.#server ??= this.#ways.makeServer()
    const endMs = performance.now() + reachMs
    for (;;) {
      try {
        return { value: await act(await this.#server) }
      } catch (error) {
        if (!(error instanceof TemporaryError)) throw error
        if (!this.isServed()) return undefined
        if (performance.now() > endMs) throw error
        await pause(pauseMs)
      }
    }
  }

  /** An appender to the files as they are now. */
  openFiles(topic: string): Promise<DirectoryAppender> {
    if (this.#wasServed && !this.isServed()) this.#renewFiles()
    return this.#files.openAppender(topic)
  }

  /**
   * Changes something, through the server while there is one. A server that comes or goes meanwhile has done nothing, or all of it:
   * what is asked for here may be asked for twice.
   */
  async change<T>(act: (store: LogStore) => Promise<T>): Promise<T> {
    if (!this.isServed()) {
      try {
        return await act(this.#files)
      } catch (error) {
        if (!(error instanceof ServedError)) throw error
      }
    }
    const done = await this.atServer(act)
    if (done === undefined) {
      this.#renewFiles()
      return act(this.#files)
    }
    await this.#files.refresh()
    return done.value
  }

  close(): void {
    this.#files.close()
    this.#server?.then(
      (server) => server.close(),
      () => undefined,
    )
  }

  /** After a server was met: what is known of the files, and that they were refused, counts no longer. */
  #renewFiles(): void {
    this.#wasServed = false
    this.#files.close()
    this.#files = this.#ways.makeFiles()
  }
}
