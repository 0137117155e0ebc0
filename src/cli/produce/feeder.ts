/** Turns the bytes of an input into batches. `InputLoop` reads, a feeder understands. */
export interface Feeder {
  /** Another input begins; messages name it so, `-` being standard input. */
  begin(name: string): void
  /** Where the next read goes. */
  readonly free: Uint8Array
  /** Whether records wait in a batch that is not full. */
  readonly hasOpenBatch: boolean
  /** Bytes of a record that has begun and not ended. */
  readonly pendingBytes: number
  /** Says that `bytes` bytes have arrived in `free`; appends the batches that they fill. */
  filled(bytes: number): Promise<void>
  /** The input has ended: what is pending is a record. */
  endInput(): Promise<void>
  /** Appends what waits in open batches. */
  flush(): Promise<void>
}
