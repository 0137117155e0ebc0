/** A member of a group, at work. */
export interface Member {
  readonly values: readonly string[]
  readonly partitions: readonly number[]
  end(): Promise<unknown>
}

/** Waits for something that must come true, and throws when it does not. */
export async function until(condition: () => boolean, seconds = 30): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not come true')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Two members share the partitions of a topic, and the one that stays takes over those of the other. */
export async function shared(count: number, member: () => Promise<Member>): Promise<unknown> {
  const one = await member()
  await until(() => one.partitions.length === count)
  const two = await member()
  await until(() => one.partitions.length === count / 2 && two.partitions.length === count / 2)
  await one.end()
  await until(() => two.partitions.length === count)
  // Whatever was not committed yet comes again.
  await until(() => new Set([...one.values, ...two.values]).size >= count)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await two.end()
  return {
    alone: count,
    shared: [count / 2, count / 2],
    after: count,
    values: [...new Set([...one.values, ...two.values])].toSorted(),
  }
}

/** A static member goes and comes back within its session: it has its partitions again, and the other one noticed nothing. */
export async function staticMembers(
  count: number,
  member: (instance: string) => Promise<Member & { readonly changes: () => number }>,
): Promise<unknown> {
  const [one, two] = await Promise.all([member('first'), member('second')])
  await until(() => one.partitions.length === count / 2 && two.partitions.length === count / 2)
  const before = JSON.stringify(two.partitions)
  const changes = one.changes()
  await two.end()
  const again = await member('second')
  await until(() => again.partitions.length > 0)
  const answer = { same: JSON.stringify(again.partitions) === before, undisturbed: one.changes() === changes }
  await one.end()
  await again.end()
  return answer
}

/** Whether a value comes soon after it was produced, to a consumer that would wait for ten seconds. */
export async function woken(values: readonly string[], produce: () => Promise<unknown>): Promise<boolean> {
  const begin = performance.now()
  await produce()
  await until(() => values.length > 0)
  return performance.now() - begin < 5000
}
