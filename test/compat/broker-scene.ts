import type { ClientStep } from '../support/kafka/client-steps.ts'
import type { RecordToWrite } from '../support/kafka/fixtures.ts'

const hourMs = 3_600_000

/** Everything that a log directory of a broker may hold: what its clients did, in order. */
export function scene(now: number): ClientStep[] {
  return [
    { do: 'create', topic: 'codecs', configs: { 'retention.ms': '-1' } },
    ...codecs.map((codec) => ({ do: 'produce', topic: 'codecs', codec, records: lines(20, { size: 50 }) }) as const),
    {
      do: 'create',
      topic: 'odd',
      partitions: 3,
      configs: { 'retention.ms': '86400000', 'max.message.bytes': '2000000' },
    },
    { do: 'configure', topic: 'odd', configs: { 'max.message.bytes': null, 'retention.bytes': '1000000' } },
    { do: 'produce', topic: 'odd', partition: 1, records: odd },
    { do: 'create', topic: 'gone' },
    { do: 'produce', topic: 'gone', records: lines(3, { size: 10 }) },
    { do: 'delete', topic: 'gone' },
    {
      do: 'create',
      topic: 'compacted',
      configs: { 'cleanup.policy': 'compact', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.01' },
    },
    { do: 'produce', topic: 'compacted', records: lines(300, { size: 10_000 }) },
    { do: 'create', topic: 'aged', configs: { 'retention.ms': String(hourMs), 'segment.bytes': '1048576' } },
    { do: 'produce', topic: 'aged', records: lines(250, { size: 10_000, from: now - 10 * hourMs }) },
    { do: 'produce', topic: 'aged', records: lines(10, { size: 10, from: now }) },
    { do: 'create', topic: 'tx' },
    { do: 'produce', topic: 'tx', transactionalId: 'one', outcome: 'COMMIT', records: lines(4, { size: 5 }) },
    { do: 'produce', topic: 'tx', transactionalId: 'two', outcome: 'ABORT', records: lines(3, { size: 5 }) },
    { do: 'produce', topic: 'tx', records: lines(2, { size: 5 }) },
    { do: 'configure', broker: '', configs: { 'log.retention.ms': '7777777777' } },
    { do: 'configure', broker: '1', configs: { 'log.segment.bytes': '2097152' } },
    { do: 'secure', user: 'ann' },
    { do: 'commit', topic: 'codecs', group: 'old' },
    { do: 'commit', topic: 'tx', group: 'new', protocol: 'consumer' },
  ]
}

/** The topics of the scene that are there at its end. */
export const topics = ['aged', 'codecs', 'compacted', 'odd', 'tx'] as const

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

const odd: RecordToWrite[] = [
  {
    key: null,
    value: text('v'),
    headers: [
      { key: 'h', value: text('1') },
      { key: 'n', value: null },
    ],
  },
  { key: text('k'), value: null },
  { key: text(''), value: text('') },
]

function lines(count: number, { size, from }: { size: number; from?: number }): RecordToWrite[] {
  return Array.from({ length: count }, (_, n) => ({
    key: text(`key ${n % 7}`),
    value: text(`${n} ${'x'.repeat(size)}`),
    ...(from !== undefined && { timestamp: BigInt(from + n) }),
  }))
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
