import type { Offset } from '../../base/brands.ts'

/** What a repair does to one thing. */
export type RepairKind =
  /** Sets fields of a batch that no checksum covers to what everything around them proves. */
  | 'restore'
  /** Copies bytes that are no batch beside the log, and puts an empty batch for their offsets into their place. */
  | 'quarantine'
  /** Puts an empty batch where offsets are missing. */
  | 'fill'
  /** Cuts what a crash left half-written at the end of the log. */
  | 'cut'
  /** Makes a file anew from others. */
  | 'rebuild'
  /** Gives a file a name under which it does no harm. */
  | 'set-aside'
  /** Finishes or undoes what another process began. */
  | 'settle'

/** One thing that a repair does, or would do. */
export interface RepairAction {
  readonly kind: RepairKind
  readonly path: string
  /** The bytes concerned; equal where it is about the whole file. */
  readonly position: number
  readonly end: number
  /** The offsets concerned, from `firstOffset` to `nextOffset` (exclusive), where it is about records. */
  readonly firstOffset?: Offset
  readonly nextOffset?: Offset
  readonly what: string
}

/** An action on a whole file. */
export function fileAction(kind: RepairKind, path: string, what: string): RepairAction {
  return { kind, path, position: 0, end: 0, what }
}
