/** Our own bug: an invariant of this program does not hold. Nothing catches it to go on. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Ends the process (by an uncaught throw) when `condition` is false; `invariant` says what should have held, with numbers. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(invariant)
}

/** For the `default` of a `switch` over a union: does not compile when a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected ${String(value)}`)
}
