/** When each group is to be woken. A later wish than the one that stands changes nothing: who is woken too early asks again. */
export class GroupTimers {
  readonly #elapsedMs: () => number
  readonly #onDue: (groupId: string) => void
  readonly #timers = new Map<string, { readonly atMs: number; readonly timer: ReturnType<typeof setTimeout> }>()

  constructor(elapsedMs: () => number, onDue: (groupId: string) => void) {
    this.#elapsedMs = elapsedMs
    this.#onDue = onDue
  }

  /** `atMs` is on the clock of `elapsedMs`; `Infinity` is no wish at all. */
  wakeBy(groupId: string, atMs: number): void {
    const standing = this.#timers.get(groupId)
    if (atMs === Infinity || (standing !== undefined && standing.atMs <= atMs)) return
    clearTimeout(standing?.timer)
    const waitMs = Math.min(Math.max(Math.ceil(atMs - this.#elapsedMs()), 0), longestMs)
    const timer = setTimeout(() => {
      this.#timers.delete(groupId)
      this.#onDue(groupId)
    }, waitMs)
    this.#timers.set(groupId, { atMs, timer })
  }

  clear(): void {
    for (const { timer } of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}

/** A timer of the platform cannot be longer. */
const longestMs = 0x7fff_ffff
