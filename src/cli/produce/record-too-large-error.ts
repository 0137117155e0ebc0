import { TslogError } from '../../base/errors.ts'

export interface TooLargeRecord {
  /** How messages name the record. */
  readonly place: string
  readonly bytes: number
  /** False when more of it was to come. */
  readonly isWhole: boolean
  readonly bytesMax: number
  /** The topic configuration that says so. */
  readonly limit: string
}

/** A record that the topic does not take, with `--too-large fail`. Exit code 1; what came before it is in the log. */
export class RecordTooLargeError extends TslogError {
  override readonly name = 'RecordTooLargeError'

  constructor({ place, bytes, isWhole, bytesMax, limit }: TooLargeRecord) {
    const size = `${isWhole ? '' : 'at least '}${bytes} bytes`
    super(`${place} has ${size}, ${limit} leaves room for ${bytesMax}`, {
      hint: `leave such records out with --too-large skip, cut them with --too-large split, or raise ${limit}`,
    })
  }
}
