/** Partitions by topic, as requests about positions have them. */
export interface TopicOf<P> {
  readonly name: string
  readonly partitions: readonly P[]
}

export interface PartitionError {
  readonly partitionIndex: number
  readonly errorCode: number
}

/** Parts what goes on to the coordinator from what is refused here, with the codes of the latter. */
export function splitPartitions<P extends { readonly partitionIndex: number }>(
  topics: readonly TopicOf<P>[],
  errorOf: (topic: string, partition: P) => number | undefined,
): { readonly taken: TopicOf<P>[]; readonly refused: TopicOf<PartitionError>[] } {
  const taken: TopicOf<P>[] = []
  const refused: TopicOf<PartitionError>[] = []
  for (const { name, partitions } of topics) {
    const good: P[] = []
    const bad: PartitionError[] = []
    for (const partition of partitions) {
      const errorCode = errorOf(name, partition)
      if (errorCode === undefined) good.push(partition)
      else bad.push({ partitionIndex: partition.partitionIndex, errorCode })
    }
    if (good.length > 0) taken.push({ name, partitions: good })
    if (bad.length > 0) refused.push({ name, partitions: bad })
  }
  return { taken, refused }
}

/** Both halves of an answer; a topic comes once. */
export function mergePartitions(
  one: readonly TopicOf<PartitionError>[],
  other: readonly TopicOf<PartitionError>[],
): TopicOf<PartitionError>[] {
  const byName = new Map<string, PartitionError[]>()
  for (const { name, partitions } of [...one, ...other]) {
    const all = byName.get(name) ?? []
    byName.set(name, all)
    for (const partition of partitions) all.push(partition)
  }
  return [...byName].map(([name, partitions]) => ({ name, partitions }))
}
