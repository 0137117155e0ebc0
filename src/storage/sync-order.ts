import type { OpenFile } from '../disk/file-system.ts'

/** Syncs that run beside each other, of several files perhaps: a later one may have heard nothing of an error that an earlier one is told of. */
export class SyncOrder {
  #last: Promise<void> = Promise.resolve()
  /** Files with how many syncs of them are not answered. */
  readonly #underWay = new Map<OpenFile, number>()

  get isIdle(): boolean {
    return this.#underWay.size === 0
  }

  /** Whether a sync of `file` is under way: it may be told of an error that another one, on the same descriptor, then hears nothing of. */
  isSyncing(file: OpenFile): boolean {
    return this.#underWay.has(file)
  }

  /** Settles as `sync`, of `file`, does, and not before all that were added earlier. */
  async add(file: OpenFile, sync: Promise<void>): Promise<void> {
    this.#underWay.set(file, (this.#underWay.get(file) ?? 0) + 1)
    const settled = bothSettled(this.#last, sync).then(() => this.#ended(file))
    this.#last = settled
    await settled
    await sync
  }

  /** Resolves when all that were added are answered. */
  async settled(): Promise<void> {
    await this.#last
  }

  #ended(file: OpenFile): void {
    const left = (this.#underWay.get(file) ?? 0) - 1
    if (left > 0) this.#underWay.set(file, left)
    else this.#underWay.delete(file)
  }
}

async function bothSettled(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.allSettled([one, other])
}
