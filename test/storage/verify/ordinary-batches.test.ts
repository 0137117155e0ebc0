import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { producerId } from '../../../src/base/brands.ts'
import { kernelBatchWindow, plainBatchWindow } from '../../../src/record/batch-window.ts'
import { createKernel } from '../../../src/record/kernel/kernel.ts'
import { RecordBatch } from '../../../src/record/record-batch.ts'
import { batch, numbered } from '../../support/batches.ts'
import { VerifyScene } from './verify-scene.ts'

/** Two segments, with batches of a producer among others. */
function written(): VerifyScene {
  const scene = new VerifyScene()
  scene.create({ 'segment.bytes': '1500', 'index.interval.bytes': '200' })
  for (const [n, value] of numbered(24).entries()) {
    const bytes = batch({ values: [value, 'x'.repeat((n * 37) % 90)] })
    if (n % 5 === 2) new RecordBatch(bytes).assignProducer(producerId(7n), 0, (2 * (n - 2)) / 5)
    scene.append(bytes)
  }
  return scene
}

test('a segment reads the same whether many batches are taken at once or one by one, in much memory or little', () => {
  const scene = written()
  const windows = [
    plainBatchWindow(64 * 1024),
    kernelBatchWindow(createKernel({ memoryBytes: 64 * 1024, kind: 'plain' })),
    kernelBatchWindow(createKernel({ memoryBytes: 700 })),
    scene.window,
  ]
  const paths = scene.paths(/\.log$|index$/)
  const change = fc.tuple(fc.constantFrom(...paths), fc.nat(), fc.integer({ min: 1, max: 255 }))
  const reports = (): object[] =>
    windows.map((window) => {
      scene.window = window
      return scene.look().known.map(({ report }) => report)
    })
  expect(reports()[0]).toMatchObject([{ batches: 24, records: 48, findings: [] }])
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
      const wholes = paths.map((path) => scene.bytes(path))
      for (const [path, at, mask] of changes) {
        scene.change(path, (bytes) => bytes.map((byte, index) => (index === at % bytes.length ? byte ^ mask : byte)))
      }
      const [first, ...others] = reports()
      for (const other of others) expect(other).toEqual(first)
      for (const [index, path] of paths.entries()) scene.change(path, () => wholes[index] ?? new Uint8Array())
    }),
    { numRuns: 100 },
  )
})
