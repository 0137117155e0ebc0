import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longer than five seconds, the longest first. One of them that began last would be waited for by the other worker. */
const long = [
  'compat/broker-directory',
  'compat/groups',
  'storage/faults',
  'compat/commands-on-kafka',
  'compat/kafka-directories',
  'cli/examples',
  'compat/replication',
  'compat/engine',
  'broker/commands',
  'storage/processes',
  'replication/faulty-link',
  'replication/ssh',
  'broker/group-clients',
  'storage/log-recovery',
  'broker/authentication',
  'storage/compaction-processes',
  'cli/consume/follow',
]

/** Starts what takes long before what does not: vitest itself goes by what it measured before, and a fresh checkout has measured nothing. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = long.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return at === -1 ? long.length : at
}
