/** What `act` makes of each item, in order, at most `parallelMax` at a time. The first failure ends it: nothing more is begun, what is under way is waited for. */
export async function inParallel<T, Result>(
  items: readonly T[],
  parallelMax: number,
  act: (item: T, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  let isFailed = false
  const work = async (): Promise<void> => {
    while (next < items.length && !isFailed) {
      const at = next++
      try {
        results[at] = await act(items[at] as T, at)
      } catch (error) {
        isFailed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.min(parallelMax, items.length) }, work)
  const settled = await Promise.allSettled(workers)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results
}
