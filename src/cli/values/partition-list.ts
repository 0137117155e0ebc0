import { badValue } from './bad-value.ts'

/** Some of the partitions of a topic; a range stays a range, however long. */
export type PartitionList = readonly PartitionSpan[]

/** Both inclusive. */
export interface PartitionSpan {
  readonly first: number
  readonly last: number
}

const PARTITION_MAX = 2 ** 31 - 1

/** Reads `1`, `1,3-5`, and `4-` for all from 4 on; several texts are one list. Throws `UsageError`. */
export function parsePartitionList(texts: readonly string[], flag: string): PartitionList {
  return texts.flatMap((text) =>
    text.split(',').map((part) => {
      const span = parseSpan(part.trim())
      if (span === undefined) throw badValue(flag, text, 'a list of partitions', '0 or 1,3-5')
      return span
    }),
  )
}

/** Whether the list names this partition. */
export function includesPartition(list: PartitionList, partition: number): boolean {
  return list.some(({ first, last }) => first <= partition && partition <= last)
}

function parseSpan(text: string): PartitionSpan | undefined {
  const match = /^(\d{1,10})(?:(-)(\d{1,10})?)?$/.exec(text)
  if (match === null) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[3] ?? PARTITION_MAX)
  return first <= last && last <= PARTITION_MAX ? { first, last } : undefined
}
