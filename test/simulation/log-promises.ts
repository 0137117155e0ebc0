/** A record as an append or a reader told of it. Its value says whose it is: `<key>|<process>-<serial>-<padding>`. */
export interface ToldRecord {
  readonly at: bigint
  readonly value: string
}

/** What is found in a log by whoever opens it next. */
export interface FoundLog {
  readonly logStartOffset: bigint
  readonly logEndOffset: bigint
  readonly records: readonly ToldRecord[]
}

/** What was promised of a log to those who wrote it and those who made room in it, and what may have become of it. */
export class LogPromises {
  /** Records of one key may be gone when a later one of it is there. */
  isCompacted = false
  /** The log may begin this far on: somebody asked for it. */
  logStartMax = 0n
  /** And no earlier than here: somebody was told so. */
  logStartMin = 0n
  /** Offset of each value that an append returned for; after a power cut of those that are left. */
  readonly #published = new Map<string, bigint>()
  readonly #durable = new Map<string, bigint>()
  readonly #refused = new Set<string>()

  /** An append returned. */
  publish({ at, value }: ToldRecord): void {
    this.#published.set(value, at)
  }

  /** A sync returned that covers it. */
  makeDurable({ at, value }: ToldRecord): void {
    this.#published.set(value, at)
    this.#durable.set(value, at)
  }

  /** An append was refused: the value must never be seen. */
  refuse(value: string): void {
    this.#refused.add(value)
  }

  /** What was not durable may be gone; what is left stays from now on. */
  restart(found: FoundLog): void {
    this.#published.clear()
    for (const record of found.records) this.makeDurable(record)
  }

  /**
   * Throws at the first promise that is broken. `isCacheLost`: the power went since the last check; `areNamesLost`: any name that no sync covered may
   * be gone, also that of the first segment.
   */
  check(found: FoundLog, isCacheLost: boolean, areNamesLost = false): void {
    if (areNamesLost) this.#allowStartAt(found.logStartOffset)
    this.#checkBounds(found)
    checkOrder(found)
    const values = new Map(found.records.map(({ at, value }) => [at, value]))
    const lastOfKey = new Map(found.records.map(({ at, value }) => [keyOf(value), at]))
    for (const [value, at] of isCacheLost ? this.#durable : this.#published) {
      if (values.get(at) === value || at < found.logStartOffset) continue
      const later = lastOfKey.get(keyOf(value)) ?? -1n
      if (this.isCompacted && later > at) continue
      throw new Error(
        `acknowledged ${value} at ${at}, where there is ${values.get(at)}; the log begins at ${found.logStartOffset}`,
      )
    }
    for (const value of values.values())
      if (this.#refused.has(value)) throw new Error(`${value} was refused, yet is there`)
  }

  /** Where nothing durable lies before it the log may begin. */
  #allowStartAt(start: bigint): void {
    const isLost = [...this.#durable.values()].some((at) => at >= this.logStartMax && at < start)
    if (!isLost && start > this.logStartMax) this.logStartMax = start
  }

  #checkBounds({ logStartOffset }: FoundLog): void {
    if (logStartOffset > this.logStartMax)
      throw new Error(`the log begins at ${logStartOffset}, nobody asked for more than ${this.logStartMax}`)
    if (logStartOffset < this.logStartMin)
      throw new Error(`the log begins at ${logStartOffset}, somebody was told ${this.logStartMin}`)
  }
}

/** The key of a record, out of its value. */
export function keyOf(value: string): string {
  return value.split('|')[0] ?? ''
}

function checkOrder({ records, logEndOffset, logStartOffset }: FoundLog): void {
  let last = -1n
  const values = new Set<string>()
  const serials = new Map<string, number>()
  for (const { at, value } of records) {
    const [process = '', serial = ''] = (value.split('|')[1] ?? '').split('-')
    if (at <= last) throw new Error(`offset ${at} after ${last}`)
    if (at < logStartOffset) throw new Error(`offset ${at} in a log that begins at ${logStartOffset}`)
    if (values.has(value)) throw new Error(`${value} is there twice`)
    if (Number(serial) <= (serials.get(process) ?? -1)) throw new Error(`${value} after number ${serials.get(process)}`)
    last = at
    values.add(value)
    serials.set(process, Number(serial))
  }
  if (last >= logEndOffset) throw new Error(`the log ends at ${logEndOffset}, but ${last} is in it`)
}
