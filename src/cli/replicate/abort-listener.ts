/** Calls `act` once `signal` is aborted, or at once when it is already; not any more once disposed. */
export function whenAborted(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act()
  else signal.addEventListener('abort', act, { once: true })
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', act) }
}

/** What `promise` comes to, or an `AbortError` as soon as `signal` is aborted; what comes after that goes to `discard`. */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  using _ = whenAborted(signal, () => reject(new DOMException('stopped', 'AbortError')))
  try {
    return await Promise.race([promise, aborted])
  } catch (error) {
    if (signal.aborted) promise.then(discard, () => undefined)
    throw error
  }
}
