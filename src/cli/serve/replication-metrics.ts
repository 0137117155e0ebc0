import type { PartitionLag } from '../../replication/replication.ts'
import type { KeptReplication } from './kept-replication.ts'
import type { MetricFamily, Sample } from './metric-family.ts'

interface Measure<T> extends Pick<MetricFamily, 'kind' | 'name' | 'help'> {
  readonly valueOf: (of: T) => number | undefined
}

const measures: readonly Measure<KeptReplication>[] = [
  {
    kind: 'counter',
    name: 'bytes_total',
    help: 'Bytes of batches that were copied.',
    valueOf: ({ counts }) => counts.bytes,
  },
  {
    kind: 'counter',
    name: 'records_total',
    help: 'Records that were copied.',
    valueOf: ({ counts }) => counts.records,
  },
  {
    kind: 'counter',
    name: 'reconnects_total',
    help: 'Breaks, each followed by another try.',
    valueOf: ({ breaks }) => breaks,
  },
  {
    kind: 'counter',
    name: 'errors_total',
    help: 'Those of them that do not pass by themselves.',
    valueOf: ({ errors }) => errors,
  },
  {
    kind: 'gauge',
    name: 'up',
    help: 'Whether the copy follows its source now.',
    valueOf: ({ isUp }) => (isUp ? 1 : 0),
  },
  {
    kind: 'gauge',
    name: 'last_success_timestamp_seconds',
    help: 'When the copy was last where its source is, in seconds since 1970.',
    valueOf: ({ lastSuccessMs }) => lastSuccessMs && lastSuccessMs / 1000,
  },
]

const lagMeasures: readonly Measure<PartitionLag>[] = [
  {
    kind: 'gauge',
    name: 'lag_records',
    help: 'Offsets that the copy is behind its source.',
    valueOf: ({ sourceEndOffset, copyEndOffset }) => Number(sourceEndOffset - copyEndOffset),
  },
  {
    kind: 'gauge',
    name: 'lag_bytes',
    help: 'Bytes of them, about, where the source tells.',
    valueOf: ({ missingBytes }) => missingBytes,
  },
]

/** The replications that the server keeps up. */
export function replicationFamilies(replications: () => readonly KeptReplication[]): MetricFamily[] {
  return [
    ...measures.map(({ valueOf, ...family }) => ({
      ...named(family),
      samples: () => replications().flatMap((one) => sample({ replication: one.entry.name }, valueOf(one))),
    })),
    ...lagMeasures.map(({ valueOf, ...family }) => ({
      ...named(family),
      samples: () =>
        replications().flatMap((one) =>
          one.lags().flatMap((lag) => {
            const { topic, partition } = lag
            return sample({ replication: one.entry.name, topic, partition }, valueOf(lag))
          }),
        ),
    })),
  ]
}

function named(family: Pick<MetricFamily, 'kind' | 'name' | 'help'>): typeof family {
  return { ...family, name: `tslog_replication_${family.name}` }
}

function sample(labels: Sample[0], value: number | undefined): Sample[] {
  return value === undefined ? [] : [[labels, value]]
}
