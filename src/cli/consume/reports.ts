import type { Offset } from '../../base/brands.ts'
import type { Damage } from '../../storage/partition-reader.ts'
import type { TopicPartition } from '../../store/log-store.ts'
import { damageMessage } from '../damage-message.ts'
import { visibleText } from '../format/visible-text.ts'
import { writeMessage } from '../standard-streams.ts'

/** What is said on stderr while records are read. */
export class ReadingReports {
  readonly #stderr: number
  readonly #isQuiet: boolean
  readonly #isJson: boolean
  #damageCount = 0

  constructor(stderr: number, { isQuiet, isJson }: { readonly isQuiet: boolean; readonly isJson: boolean }) {
    this.#stderr = stderr
    this.#isQuiet = isQuiet
    this.#isJson = isJson
  }

  /** Stretches that could not be read. */
  get damageCount(): number {
    return this.#damageCount
  }

  damage({ path, position, end, firstOffset, nextOffset, reason }: Damage): void {
    this.#sayDamage(
      `${path}: damaged from byte ${position} to ${end}, ${offsets(firstOffset, nextOffset)} of it are left out: ${reason}`,
    )
  }

  /** A batch whose checksum is right but whose records are not. */
  badRecords(partition: TopicPartition, range: { first: Offset; next: Offset }, reason: string): void {
    this.#sayDamage(
      `${nameOf(partition)}: the batch with ${offsets(range.first, range.next)} cannot be read to its end: ${reason}`,
    )
  }

  /** Records went away between being asked for and being read. */
  trimmed(partition: TopicPartition, range: { first: Offset; next: Offset }): void {
    this.warn(`${nameOf(partition)}: deleted before being read: ${offsets(range.first, range.next)}`)
  }

  warn(text: string): void {
    if (!this.#isQuiet) writeMessage(this.#stderr, `tslog: ${visibleText(text)}\n`)
  }

  #sayDamage(text: string): void {
    this.#damageCount++
    writeMessage(this.#stderr, damageMessage(text, this.#isJson))
  }
}

/** How messages name a partition. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic} [${partition}]`
}

function offsets(first: Offset, next: Offset): string {
  return next - first === 1n ? `offset ${first}` : `offsets ${first} to ${next - 1n}`
}
