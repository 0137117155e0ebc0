import { expect } from 'vitest'
import type { DumpedBatch, DumpedRecord, DumpLine } from '../support/kafka/dump-lines.ts'

/** An entry of `tslog dump --json`. */
export type DumpedEntry = Readonly<Record<string, unknown>>

/** Holds a batch of ours, with its records, against what kafka-dump-log says of it. */
export function compareBatch(ours: DumpedEntry, { fields, records }: DumpedBatch): void {
  const flags = String(ours['flags']).split(',')
  const told = {
    ...pick(ours, ['baseOffset', 'lastOffset', 'baseSequence', 'producerId', 'producerEpoch', 'position', 'magic']),
    count: ours['recordCount'],
    partitionLeaderEpoch: ours['leaderEpoch'],
    size: ours['bytes'],
    compresscodec: ours['codec'],
    crc: Number.parseInt(String(ours['crc']), 16),
    isvalid: ours['isCrcValid'],
    isTransactional: flags.includes('transactional'),
    isControl: flags.some((flag) => flag.startsWith('control')),
    [String(ours['timestampType'])]: ours['maxTimestamp'],
  }
  expect(asTexts(told)).toEqual(pick(fields, Object.keys(told)))
  expect(flags.includes('deleteHorizon')).toBe(fields['deleteHorizonMs'] !== 'OptionalLong.empty')
  const ourRecords = ours['records'] as readonly DumpedEntry[]
  expect(ourRecords.length).toBe(records.length)
  for (const [at, record] of records.entries()) compareRecord(ourRecords[at] ?? {}, record)
}

/** Holds an entry of an index or a producer snapshot against Kafka's line. */
export function compareEntry(ours: DumpedEntry, line: DumpLine): void {
  const told = asTexts({ ...ours, lastTimestamp: ours['timestamp'] })
  const shared = Object.keys(told).filter((name) => name in line)
  expect(shared.length).toBeGreaterThan(1)
  expect(pick(told, shared)).toEqual(pick(line, shared))
  const open = line['currentTxnFirstOffset']
  if (open !== undefined) expect(ours['currentTransactionFirstOffset'] === -1).toBe(open === 'OptionalLong.empty')
}

function compareRecord(ours: DumpedEntry, { fields, decoded }: DumpedRecord): void {
  const headers = ours['headers'] as readonly { readonly key: string }[]
  expect(String(ours['offset'])).toBe(fields['offset'])
  expect(String(ours['timestamp'])).toBe(fields['CreateTime'])
  expect(headers.map(({ key }) => key).join(',')).toBe(fields['headerKeys'])
  const [first = ''] = decoded
  if (first.startsWith('endTxnMarker')) expect(first).toBe(markerOf(ours))
  else if (/^\w+:? \{/.test(first)) expectPart(ours['value'], JSON.parse(first.slice(first.indexOf('{'))))
  else if (first.startsWith('{"type"')) compareDecoded(ours, decoded)
  else expect(decoded).toEqual([ours['key'], ours['value']].filter(Boolean))
}

function markerOf({ type, value }: DumpedEntry): string {
  return `endTxnMarker: ${String(type)} coordinatorEpoch: ${String((value as DumpedEntry)['coordinatorEpoch'])}`
}

/** `{"type","version","data"}` of the metadata log; `{"type","data"}` and `{"version","data"}` (or a tombstone) of others. */
function compareDecoded(ours: DumpedEntry, [first = '', second]: readonly string[]): void {
  const { type, version, data } = JSON.parse(first) as { type: string; version?: number; data: object }
  if (version !== undefined) {
    expect(
      String(ours['type'])
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
        .toUpperCase(),
    ).toBe(type)
    expectPart(ours['value'], { version, ...data })
    return
  }
  expectPart(ours['key'], { version: Number(type), ...data })
  if (second === undefined || second === '<DELETE>') {
    expect(ours['value']).toBeNull()
    return
  }
  const value = JSON.parse(second) as { version: string; data: object }
  expectPart(ours['value'], { version: Number(value.version), ...value.data })
}

/** Kafka's names of some fields here, and leaves out what has its default. */
const ourNames: Readonly<Record<string, string>> = { groupId: 'group' }
const transactionStatuses = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']

function expectPart(ours: unknown, theirs: unknown, path = ''): void {
  if (Array.isArray(theirs)) {
    expect(ours, path).toHaveLength(theirs.length)
    for (const [at, item] of theirs.entries()) expectPart((ours as unknown[])[at], item, `${path}[${at}]`)
  } else if (typeof theirs === 'object' && theirs !== null) {
    for (const [name, value] of Object.entries(theirs)) {
      const own = (ours as DumpedEntry)[ourNames[name] ?? name]
      if (name === 'transactionStatus') expect(own).toBe(transactionStatuses[value as number])
      else expectPart(own, value, `${path}.${name}`)
    }
  } else if (typeof theirs === 'number') expect(Number(ours), path).toBe(theirs)
  else expect(ours, path).toBe(theirs)
}

function pick<T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T | undefined> {
  return Object.fromEntries(names.map((name) => [name, from[name]]))
}

function asTexts(fields: DumpedEntry): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
}
