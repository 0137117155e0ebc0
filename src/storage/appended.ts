import type { Offset } from '../base/brands.ts'

/**
 * When the batches of an append must be on the disk: before it returns, by the next `sync`, or whenever the system likes. With `commit` readers
 * see them only once the next `commit` has made them durable.
 */
export type Durability = 'now' | 'later' | 'never' | 'commit'

export interface Appended {
  readonly baseOffset: Offset
  /** The offset after the last record. */
  readonly nextOffset: Offset
}
