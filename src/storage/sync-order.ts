/** Syncs that run beside each other, of several files perhaps: a later one may have heard nothing of an error that an earlier one is told of. */
export class SyncOrder {
  #last: Promise<void> = Promise.resolve()

  /** Settles as `sync` does, and not before all that were added earlier. */
  async add(sync: Promise<void>): Promise<void> {
    this.#last = bothSettled(this.#last, sync)
    await this.#last
    await sync
  }
}

async function bothSettled(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.allSettled([one, other])
}
