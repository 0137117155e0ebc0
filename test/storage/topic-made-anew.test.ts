import { describe, expect, test } from 'vitest'
import { NotFoundError } from '../../src/base/errors.ts'
import { createCleanerKernel } from '../../src/storage/kernel/cleaner-kernel.ts'
import { cleanPartition } from '../../src/storage/log-cleaner.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { readOffsetCheckpoint } from '../../src/storage/offset-checkpoints.ts'
import { recompressPartition } from '../../src/storage/recompression.ts'
import { type PlannedRetention, RetentionPlanner } from '../../src/storage/retention.ts'
import { type AppliedRetention, applyRetention } from '../../src/storage/retention-run.ts'
import type { TopicIdPartition } from '../../src/storage/topic-id-partition.ts'
import { batch, T0 } from '../support/batches.ts'
import { aged, partition, type RetentionScene } from './retention-scene.ts'

/** Another process deletes the topic and makes one of its name, with more records, one of which waits to be removed. */
function makeAnew(scene: RetentionScene): void {
  const options = { ...scene.options('other'), lockWaitMs: 1000 }
  const directory = LogDirectory.openToWrite(options)
  directory.deleteTopic('t')
  directory.createTopic({ name: 't', partitionCount: 1, configs: new Map([['segment.bytes', '170']]) })
  const log = directory.openLog(partition)
  for (let i = 0; i < 20; i++) log.append(batch({ values: [`new ${i}`], timestamp: T0 + 5400 }), 'now')
  directory.close()
  scene.fileSystem.open('/log/t-0/00000000000000000000.log.deleted', 'create').close()
}

function expectUntouched(scene: RetentionScene): void {
  expect(scene.names('.log.deleted')).toEqual(['00.log.deleted'])
  const checkpoint = readOffsetCheckpoint(scene.fileSystem, '/log', 'log-start-offset-checkpoint')
  expect(checkpoint.offsets.get('t-0')).toBeUndefined()
  expect(scene.records()).toHaveLength(20)
  expect(scene.names('.log')).toHaveLength(10)
}

interface PlanCase {
  readonly name: string
  readonly configs: Record<string, string>
  readonly plan: (planner: RetentionPlanner, planned: PlannedRetention) => readonly PlannedRetention[]
}

const cases: PlanCase[] = [
  { name: 'retention.ms', configs: {}, plan: (_, planned) => [planned] },
  {
    name: 'retention.bytes',
    configs: { 'retention.ms': '-1', 'retention.bytes': '170' },
    plan: (_, planned) => [planned],
  },
  {
    name: 'a budget',
    configs: { 'retention.ms': '-1' },
    plan: (planner, planned) => planner.planBudget([planned], 0, () => 1).planned,
  },
]

/** What was planned, and who is to carry it out. */
function planned({ configs, plan }: PlanCase): {
  scene: RetentionScene
  apply: () => Promise<AppliedRetention | undefined>
} {
  const scene = aged(configs)
  const options = scene.options()
  const directory = LogDirectory.openToWrite(options)
  const planner = new RetentionPlanner(directory, options)
  const plans = plan(planner, planner.plan(directory.topic('t'), 0))
  expect(plans[0]?.plan.deletions.length).toBeGreaterThan(0)
  const apply = async (): Promise<AppliedRetention | undefined> => {
    const [applied] = await applyRetention(directory, plans, options)
    directory.close()
    return applied
  }
  return { scene, apply }
}

describe.each(cases)('what $name planned for a topic', (one) => {
  test('is not done to one of its name that was made since', async () => {
    const { scene, apply } = planned(one)
    makeAnew(scene)
    const applied = await apply()
    expect(applied).toMatchObject({ deletedSegments: 0, isRolled: false })
    expect(applied?.failure).toBeInstanceOf(NotFoundError)
    expectUntouched(scene)
  })

  test('is not done to it either when it comes in the midst', async () => {
    const { scene, apply } = planned(one)
    // The log start offset has moved in the old topic; its checkpoint is about to be locked.
    const stop = scene.fileSystem.beforeOperation(({ process, name, path }) => {
      if (process !== 'main' || name !== 'lock' || !path.endsWith('tslog-checkpoint.lock')) return
      stop()
      makeAnew(scene)
    })
    expect((await apply())?.failure).toBeInstanceOf(NotFoundError)
    expectUntouched(scene)
  })
})

type Rewriting = (directory: LogDirectory, where: TopicIdPartition, scene: RetentionScene) => Promise<unknown>
const rewritings: [string, Rewriting][] = [
  [
    'compaction',
    (directory, where, scene) => {
      const kernel = createCleanerKernel({ mapBytes: 64 * 1024, secret: new Uint8Array(16) })
      return cleanPartition(directory, where, { ...scene.options(), kernel, onBytes: () => undefined })
    },
  ],
  [
    'recompression',
    (directory, where, scene) => {
      const recompressor = {
        write: () => Promise.reject(new Error('nothing is to be read')),
        drain: () => Promise.resolve(),
      }
      return recompressPartition(directory, where, { ...scene.options(), codec: 'gzip', level: 9, recompressor })
    },
  ],
]

test.each(rewritings)('%s leaves a topic alone that was made after it was asked for', async (_, rewrite) => {
  const scene = aged({ 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' })
  const directory = LogDirectory.openToWrite(scene.options())
  const { id } = directory.topic('t')
  makeAnew(scene)
  await expect(rewrite(directory, { ...partition, topicId: id }, scene)).rejects.toThrow(NotFoundError)
  directory.close()
  expectUntouched(scene)
})
