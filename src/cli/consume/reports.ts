import type { Offset } from '../../base/brands.ts'
import type { Damage } from '../../storage/partition-reader.ts'
import type { TopicPartition } from '../../store/log-store.ts'
import { visibleText } from '../format/visible-text.ts'
import { writeText } from '../standard-streams.ts'

/** What is said on stderr while records are read. */
export class ReadingReports {
  readonly #stderr: number
  readonly #isQuiet: boolean
  #damageCount = 0

  constructor(stderr: number, isQuiet: boolean) {
    this.#stderr = stderr
    this.#isQuiet = isQuiet
  }

  /** Stretches that could not be read. */
  get damageCount(): number {
    return this.#damageCount
  }

  damage({ path, position, end, firstOffset, nextOffset, reason }: Damage): void {
    this.#damageCount++
    this.#say(
      `${path}: damaged from byte ${position} to ${end}, ${offsets(firstOffset, nextOffset)} of it are left out: ${reason}`,
    )
  }

  /** A batch whose checksum is right but whose records are not. */
  badRecords(partition: TopicPartition, range: { first: Offset; next: Offset }, reason: string): void {
    this.#damageCount++
    this.#say(
      `${nameOf(partition)}: the batch with ${offsets(range.first, range.next)} cannot be read to its end: ${reason}`,
    )
  }

  /** Records went away between being asked for and being read. */
  trimmed(partition: TopicPartition, range: { first: Offset; next: Offset }): void {
    this.warn(`${nameOf(partition)}: deleted before being read: ${offsets(range.first, range.next)}`)
  }

  warn(text: string): void {
    if (!this.#isQuiet) this.#say(text)
  }

  #say(text: string): void {
    try {
      writeText(this.#stderr, `tslog: ${visibleText(text)}\n`)
    } catch {
      // Nobody reads stderr: the exit code still tells.
    }
  }
}

/** How messages name a partition. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic} [${partition}]`
}

function offsets(first: Offset, next: Offset): string {
  return next - first === 1n ? `offset ${first}` : `offsets ${first} to ${next - 1n}`
}
