import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemRandom } from '../../src/base/random.ts'
import { closeCleanly } from '../../src/storage/clean-close.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { WriteStateFile } from '../../src/storage/write-state-file.ts'
import { batch, T0 } from '../support/batches.ts'
import { Scratch } from './scratch.ts'

const partition = { topic: 't', partition: 0 }

function optionsOf(scratch: Scratch, name: string): LogDirectoryOptions {
  const { fileSystem } = scratch
  return { fileSystem, clock: { now: () => T0 }, random: systemRandom, path: scratch.path(name), lockWaitMs: 100 }
}

/** Opens, appends each of `values` as a batch of its own, and closes the files. */
function append(options: LogDirectoryOptions, values: readonly string[]): void {
  const directory = LogDirectory.openToWrite(options)
  try {
    directory.createTopic({
      name: 't',
      partitionCount: 1,
      configs: new Map([
        ['segment.bytes', '2000'],
        ['index.interval.bytes', '300'],
      ]),
    })
    const log = directory.openLog(partition)
    log.offsets()
    for (const [i, value] of values.entries())
      log.append(batch({ values: [value], timestamp: T0 + ((i * 7) % 5) }), 'never')
  } finally {
    directory.close()
  }
}

function filesOf(options: LogDirectoryOptions): Record<string, string> {
  const path = join(options.path, 't-0')
  // Closing adds a last entry to the time index, as Kafka does; recovery makes one without it.
  const names = readdirSync(path).filter((name) => name !== 'tslog.lock' && !name.endsWith('.timeindex'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), 'base64')]))
}

test('a log that was closed in order is opened as recovery would open it, and goes on in the same way', async () => {
  const scratch = new Scratch()
  const texts = fc.array(fc.string({ maxLength: 200 }), { maxLength: 40 })
  let count = 0
  await fc.assert(
    fc.asyncProperty(texts, texts, async (before, after) => {
      const [quick, slow] = [optionsOf(scratch, `quick-${count}`), optionsOf(scratch, `slow-${count++}`)]
      append(quick, before)
      expect((await closeCleanly(quick)).isClean).toBe(true)
      cpSync(quick.path, slow.path, { recursive: true })
      rmSync(join(slow.path, '.kafka_cleanshutdown'))
      const states = [quick, slow].map((options) => {
        append(options, after)
        const file = WriteStateFile.find(scratch.fileSystem, join(options.path, 't-0'))
        const state = file?.read()
        file?.close()
        return { ...state, generation: undefined, timeIndexBytes: undefined }
      })
      expect(states[0]).toEqual(states[1])
      expect(filesOf(quick)).toEqual(filesOf(slow))
    }),
    { numRuns: 25 },
  )
})

test('what does not end as it was closed is recovered', async () => {
  const scratch = new Scratch()
  const options = optionsOf(scratch, 'log')
  append(options, ['a', 'b', 'c'])
  await closeCleanly(options)
  const log = scratch.fileSystem.open(join(options.path, 't-0', '00000000000000000000.log'), 'write')
  const size = log.size()
  log.write(new Uint8Array(50).fill(1), size)
  log.close()
  append(options, ['d'])
  expect(statSync(join(options.path, 't-0', '00000000000000000000.log')).size).toBe((size / 3) * 4)
})
