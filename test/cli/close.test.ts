import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { close } from '../../src/cli/close.ts'
import { closeSpec } from '../../src/cli/specs/close.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { systemRandom } from '../../src/base/random.ts'
import { ScratchLog } from './scratch-log.ts'

async function logWithTopic(): Promise<ScratchLog> {
  const log = new ScratchLog()
  await log.createTopic('t')
  await log.append('t', 0, { values: ['a', 'b'] })
  return log
}

test('marks the directory as cleanly shut down, without a word', async () => {
  const log = await logWithTopic()
  expect(await log.run(closeSpec, close)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(true)
})

test('-v and --json say what was done', async () => {
  const log = await logWithTopic()
  const { stderr } = await log.run(closeSpec, close, { flags: { verbose: true } })
  expect(stderr).toBe(
    `tslog: closed t:0, offsets 0 to 2, 1 segment\ntslog: ${log.directory} with 1 partition is ready for Apache Kafka\n`,
  )
  const { stdout } = await log.run(closeSpec, close, { flags: { json: true } })
  expect(JSON.parse(stdout)).toEqual({
    directory: log.directory,
    isClean: true,
    partitions: [{ topic: 't', partition: 0, logStartOffset: 0, logEndOffset: 2, segmentCount: 1, damages: [] }],
  })
})

test('damage is said and ends with exit code 5', async () => {
  const log = await logWithTopic()
  const file = log.path('t-0', '00000000000000000000.log')
  const bytes = readFileSync(file)
  bytes.writeUInt8(0xee, 65)
  writeFileSync(file, bytes)
  const { code, stderr } = await log.run(closeSpec, close)
  expect([code, stderr]).toEqual([5, expect.stringContaining(`${file}: the CRC of the batch at byte 0 is wrong`)])
  expect(existsSync(log.path('.kafka_cleanshutdown'))).toBe(false)
})

test('a directory in use ends with exit code 6, one that is not there with 3', async () => {
  const log = await logWithTopic()
  const { fileSystem, clock } = log
  const reader = LogDirectory.openToRead({
    fileSystem,
    clock,
    random: systemRandom,
    path: log.directory,
    lockWaitMs: 0,
  })
  const { code, stderr } = await log.run(closeSpec, close)
  expect([code, stderr]).toEqual([6, expect.stringContaining('in use by another process')])
  reader.close()
  expect((await new ScratchLog().run(closeSpec, close)).code).toBe(3)
})
