import { ServedError, TemporaryError } from '../base/errors.ts'
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

  openServer(): Promise<BrokerStore> {
    this.#wasServed = true
    return (this.#server ??= this.#ways.makeServer())
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
    try {
      const result = await act(await this.openServer())
      await this.#files.refresh()
      return result
    } catch (error) {
      if (!(error instanceof TemporaryError) || this.isServed()) throw error
      this.#renewFiles()
      return act(this.#files)
    }
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
