/** What clients did and saw, to be judged afterwards: the kafka workload of Jepsen. Every value is sent once, by one producer, to one partition. */
export interface History {
  readonly sends: readonly Send[]
  readonly polls: readonly Poll[]
  /** All that is in the log when everything is over, partition by partition, in the order of the log. */
  readonly finalReads: readonly Poll[]
}

export interface Send {
  readonly producer: string
  readonly partition: number
  readonly value: string
  /** `info`: nobody knows; it may be there, once. An acknowledgement of the shell names no offset. */
  readonly outcome: { readonly kind: 'ok'; readonly offset?: bigint } | { readonly kind: 'info' }
}

export interface Poll {
  readonly consumer: string
  readonly partition: number
  readonly offset: bigint
  readonly value: string
}

/** What must not be, a sentence each: lost, doubled, reordered or invented records, and positions that go back or skip. */
export function anomalies(history: History): string[] {
  const places = new Map<string, Poll[]>()
  for (const read of history.finalReads) places.set(read.value, [...(places.get(read.value) ?? []), read])
  return [
    ...sendAnomalies(history.sends, places),
    ...inventions(history, places),
    ...inconsistencies(history),
    ...orderAnomalies(history.sends, places),
    ...pollAnomalies(history),
  ]
}

function sendAnomalies(sends: readonly Send[], places: ReadonlyMap<string, readonly Poll[]>): string[] {
  const found: string[] = []
  for (const { value, partition, outcome } of sends) {
    const at = places.get(value) ?? []
    if (outcome.kind === 'ok' && at.length === 0) found.push(`lost-write: ${value} of partition ${partition}`)
    if (at.length > 1) found.push(`duplicate: ${value} at ${at.map(({ offset }) => offset).join(', ')}`)
    const other = at.find((place) => place.partition !== partition)
    if (other !== undefined) found.push(`astray: ${value} in partition ${other.partition}, sent to ${partition}`)
    if (outcome.kind === 'ok' && outcome.offset !== undefined && at[0] !== undefined && at[0].offset !== outcome.offset)
      found.push(`inconsistent-offsets: ${value} acknowledged at ${outcome.offset}, read at ${at[0].offset}`)
  }
  return found
}

function inventions({ sends, polls }: History, places: ReadonlyMap<string, unknown>): string[] {
  const sent = new Set(sends.map(({ value }) => value))
  const seen = new Set([...places.keys(), ...polls.map(({ value }) => value)])
  return [...seen].filter((value) => !sent.has(value)).map((value) => `invented: ${value}`)
}

/** One offset has one value, for everybody and for ever. */
function inconsistencies({ polls, finalReads }: History): string[] {
  const values = new Map(finalReads.map(({ partition, offset, value }) => [`${partition}/${offset}`, value]))
  return polls
    .filter(({ partition, offset, value }) => values.get(`${partition}/${offset}`) !== value)
    .map(
      ({ consumer, partition, offset, value }) =>
        `inconsistent-offsets: ${consumer} read ${value} at ${partition}/${offset}, where there is ${values.get(`${partition}/${offset}`)}`,
    )
}

/** The acknowledged records of a producer are in the log in the order in which it sent them. */
function orderAnomalies(sends: readonly Send[], places: ReadonlyMap<string, readonly Poll[]>): string[] {
  const found: string[] = []
  const last = new Map<string, bigint>()
  for (const { producer, partition, value, outcome } of sends) {
    const offset = places.get(value)?.[0]?.offset
    if (outcome.kind !== 'ok' || offset === undefined) continue
    const stream = `${producer}/${partition}`
    const before = last.get(stream)
    if (before !== undefined && offset <= before)
      found.push(`nonmonotonic-send: ${value} at ${offset}, after one at ${before}`)
    last.set(stream, offset)
  }
  return found
}

/** A consumer reads every offset that there is, each once, upwards. */
function pollAnomalies({ polls, finalReads }: History): string[] {
  const found: string[] = []
  const offsets = Map.groupBy(finalReads, ({ partition }) => partition)
  const indexes = new Map(
    [...offsets].map(([partition, all]) => [partition, new Map(all.map((one, i) => [one.offset, i]))]),
  )
  const last = new Map<string, bigint>()
  for (const { consumer, partition, offset } of polls) {
    const stream = `${consumer}/${partition}`
    const before = last.get(stream)
    last.set(stream, offset)
    if (before === undefined) continue
    if (offset <= before) found.push(`nonmonotonic-poll: ${consumer} read ${partition}/${offset} after ${before}`)
    const index = indexes.get(partition)
    const skipped = (index?.get(offset) ?? 0) - (index?.get(before) ?? 0) - 1
    if (skipped > 0) found.push(`poll-skip: ${consumer} went from ${partition}/${before} to ${offset}`)
  }
  return found
}
