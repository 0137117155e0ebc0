import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { systemRandom } from '../../src/base/random.ts'
import { checkSegments } from '../../src/cli/verify/segment-pool.ts'
import { DirectoryCheck } from '../../src/storage/verify/directory-check.ts'
import { numbered } from '../support/batches.ts'
import { ScratchLog } from './scratch-log.ts'

const worker = new URL('../../src/cli/verify/verify-worker.ts', import.meta.url)

async function segments(): Promise<{ log: ScratchLog; tasks: ReturnType<DirectoryCheck['plan']>['tasks'] }> {
  const log = new ScratchLog()
  await log.createTopic('t', 1, { 'segment.bytes': '2000' })
  await log.append('t', 0, ...numbered(200).map((value) => ({ values: [value] })))
  const path = log.path('t-0', '00000000000000000000.log')
  const bytes = readFileSync(path)
  bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70)
  writeFileSync(path, bytes)
  const check = new DirectoryCheck({ fileSystem: log.fileSystem, random: systemRandom, path: log.directory })
  const { tasks } = check.plan({ topic: 't', partition: 0 }, { isDeep: false })
  check.close()
  // As many bytes as it takes to be worth a thread.
  return { log, tasks: tasks.map((task) => ({ ...task, bytes: 64 * 1024 * 1024 })) }
}

test.each([
  ['that work', worker],
  ['that cannot start', new URL('../../src/cli/verify/nothing-here.ts', import.meta.url)],
])('other threads %s change nothing of what is found, nor its order', async (_what, workerUrl) => {
  const { log, tasks } = await segments()
  expect(tasks.length).toBeGreaterThan(5)
  const progress: number[] = []
  const onProgress = ({ records }: { records: number }): void => void progress.push(records)
  const { fileSystem } = log
  const alone = await checkSegments(tasks, { fileSystem, threads: 0, onProgress: () => undefined })
  const together = await checkSegments(tasks, { fileSystem, threads: 2, onProgress, workerUrl })
  expect(together).toEqual(alone)
  expect(together.map((report) => report?.baseOffset)).toEqual(tasks.map(({ baseOffset }) => baseOffset))
  expect(together[0]?.findings.length).toBe(1)
  expect(progress.at(-1)).toBe(199)
})

test('a segment that is gone has no report', async () => {
  const { log, tasks } = await segments()
  log.fileSystem.remove(log.path('t-0', '00000000000000000000.log'))
  const reports = await checkSegments(tasks, { fileSystem: log.fileSystem, threads: 0, onProgress: () => undefined })
  expect(reports.map((report) => report === undefined)).toEqual(tasks.map((_, at) => at === 0))
})
