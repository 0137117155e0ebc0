import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kafkaMissing } from '../support/kafka/home.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'
import { directory, type PartitionScene } from '../storage/partition-scene.ts'
import { interrupt, type Shape, shapes, steps, written } from '../storage/swap-scene.ts'

const missing = kafkaMissing()

describe.skipIf(missing !== undefined)(`a swap that was cut short ${missing ?? ''}`, () => {
  const kafka = new OracleScene()

  test.each([1, 3].map((i) => ({ ...(shapes[i] as Shape), i })))(
    'is finished or undone by Kafka as by us, whatever the step: $name',
    async (shape) => {
      const count = steps(shape)
      const dirs: string[] = []
      const ours: unknown[] = []
      for (let step = 0; step < count; step++) {
        const scene = written()
        interrupt(scene, shape, step, () => scene.fileSystem.kill('cleaner'))
        const dir = join(kafka.home, `${shape.i}-${step}`, 't-0')
        copyOut(scene, dir)
        dirs.push(dir)
        scene.logEndOffset()
        ours.push({
          offsets: scene.read().records.map((record) => BigInt(record.split(' ')[0] ?? '')),
          logs: logsOf(scene.names()),
        })
      }
      const loaded = await kafka.oracle.loadLogs(dirs.map((dir) => ({ dir, clean: false })))
      const theirs = loaded.map((facts, step) => {
        if ('error' in facts) return facts
        const offsets = facts.segments.flatMap(({ batches }) => batches.map(({ baseOffset }) => baseOffset))
        return { offsets, logs: logsOf(readdirSync(dirs[step] ?? '')) }
      })
      expect(theirs).toEqual(ours)
    },
  )
})

function logsOf(names: readonly string[]): string[] {
  return names.filter((name) => /\.(log|swap|cleaned)$/.test(name)).toSorted()
}

/** The files of the partition as they are in memory, for Kafka to open. */
function copyOut(scene: PartitionScene, dir: string): void {
  mkdirSync(dir, { recursive: true })
  for (const name of scene.names()) writeFileSync(join(dir, name), scene.bytes(`${directory}/${name}`))
}
