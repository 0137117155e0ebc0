import { TslogError } from '../../base/errors.ts'
import type { TimestampMs } from '../../base/brands.ts'
import type { RecordHeader } from '../../record/records.ts'
import { parseEnvelope } from '../format/envelope-parser.ts'
import type { ProduceSettings } from './settings.ts'

/** A record as an input line describes it. */
export interface InputRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  /** Undefined: now. */
  readonly timestamp: TimestampMs | undefined
}

/** A line is not what the flags say that lines are. Exit code 1; what came before it is in the log. */
export class InputLineError extends TslogError {
  override readonly name = 'InputLineError'
}

/** Understands one line as `-K`, `-Z` and `-J` say; `undefined` when it is to be left out. */
export class RecordReader {
  readonly #settings: ProduceSettings
  readonly #headers: readonly RecordHeader[]

  constructor(settings: ProduceSettings) {
    this.#settings = settings
    this.#headers = settings.headers.map(({ name, value }) => ({ key: name, value }))
  }

  /** `place` is how messages name the line. */
  read(bytes: Uint8Array, place: string): InputRecord | undefined {
    if (this.#settings.isJson) return this.#readEnvelope(bytes, place)
    const { keyDelimiter, key = null } = this.#settings
    if (keyDelimiter === undefined) return this.#record(key, bytes)
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(keyDelimiter)
    if (at >= 0) return this.#record(bytes.subarray(0, at), bytes.subarray(at + keyDelimiter.length))
    return this.#withoutKey(bytes, place)
  }

  #withoutKey(bytes: Uint8Array, place: string): InputRecord | undefined {
    switch (this.#settings.missingKey) {
      case 'skip':
        return undefined
      case 'null':
        return this.#record(null, bytes)
      case 'error':
        throw new InputLineError(`${place} has no key: the delimiter of -K is not in it`, {
          hint: 'take such lines with --missing-key null, or leave them out with --missing-key skip',
        })
    }
  }

  #record(key: Uint8Array | null, value: Uint8Array): InputRecord {
    const isNull = this.#settings.isEmptyNull && value.length === 0
    return { key, value: isNull ? null : value, headers: this.#headers, timestamp: this.#settings.timestamp }
  }

  #readEnvelope(bytes: Uint8Array, place: string): InputRecord {
    const { key, payload: value, headers, timestampMs } = parseEnvelope(bytes, place)
    const given = headers.map(({ name, value }) => ({ key: name, value }))
    const timestamp = this.#settings.timestamp ?? timestampMs
    return { key, value, headers: [...given, ...this.#headers], timestamp }
  }
}
