import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/base/random.ts'
import type { CrashOptions } from '../../../src/disk/crash-model.ts'
import { GoneError } from '../../../src/disk/memory-disk.ts'
import { batch, numbered } from '../../support/batches.ts'
import { directory, expected, logDirectory, segmentPath } from '../partition-scene.ts'
import { flipped, VerifyScene } from '../verify/verify-scene.ts'

const values = numbered(24)
/** What the damage takes: a batch of a closed segment and one of the last. */
const lost = [2, 3, 18, 19]
const left = expected(values).filter((_, at) => !lost.includes(at))
/** The head of another batch is wrong: it cannot be read before it is restored. */
const readable = left.filter((one) => !/^[89] /.test(one))
const batchBytes = 89

/** Damage of many kinds, all durable: to each step of the repair there is something to lose. */
function damaged(): VerifyScene {
  const scene = new VerifyScene()
  scene.create({ 'segment.bytes': '420', 'index.interval.bytes': '100' })
  for (let at = 0; at < values.length; at += 2) {
    scene.write((log) =>
      log.openLog({ topic: 't', partition: 0 }).append(batch({ values: values.slice(at, at + 2) }), 'now'),
    )
  }
  scene.change(segmentPath(0), (bytes) => flipped(bytes, batchBytes + 75))
  scene.change(segmentPath(8), (bytes) => flipped(bytes, 6))
  scene.change(segmentPath(16), (bytes) => flipped(bytes, batchBytes + 75))
  scene.change(segmentPath(8, 'timeindex'), () => new Uint8Array())
  scene.change(segmentPath(8, 'snapshot'), (bytes) => flipped(bytes, 5))
  scene.change(`${directory}/leader-epoch-checkpoint`, () => new Uint8Array([120]))
  scene.change(`${logDirectory}/recovery-point-offset-checkpoint`, () => new Uint8Array([120]))
  scene.sync()
  return scene
}

/** Operations that change something, in a repair that nothing disturbs. */
function changesOfRepair(): number {
  const scene = damaged()
  let changes = 0
  const end = scene.fileSystem.beforeOperation(({ isChange }) => {
    if (isChange) changes++
  })
  scene.repair()
  end()
  return changes
}

function stoppedAt(scene: VerifyScene, change: number, stop: () => void): void {
  let changes = 0
  const end = scene.fileSystem.beforeOperation(({ isChange }) => {
    if (isChange && changes++ === change) stop()
  })
  try {
    scene.repair()
  } catch (error) {
    if (!(error instanceof GoneError)) throw error
  } finally {
    end()
  }
}

const count = changesOfRepair()

test('there are many steps to stop at', () => {
  expect(count).toBeGreaterThan(40)
})

describe('a repair that is stopped at any change', () => {
  test('by a kill leaves all that can be read to readers and to the next writer, and the next repair ends it', () => {
    for (let change = 0; change < count; change++) {
      const scene = damaged()
      stoppedAt(scene, change, () => scene.fileSystem.kill('main'))
      const next = new VerifyScene(scene.fileSystem.asProcess('main'))
      expect(next.read(), `change ${change}`).toEqual(expect.arrayContaining(readable))
      next.repair()
      expectMended(next, `change ${change}`)
    }
  })

  test('by a kill is no danger when a writer comes before the next repair', () => {
    for (let change = 0; change < count; change += 2) {
      const scene = damaged()
      stoppedAt(scene, change, () => scene.fileSystem.kill('main'))
      const next = new VerifyScene(scene.fileSystem.asProcess('main'))
      next.append(batch({ values: ['next'] }))
      expect(next.read(), `change ${change}`).toEqual(expect.arrayContaining([...readable, '24 next']))
      next.repair()
      expect(next.verify().damages, `change ${change}`).toEqual([])
      expect(next.read()).toEqual(expect.arrayContaining([...left, '24 next']))
    }
  })

  const personalities: ((seed: number) => CrashOptions)[] = [
    () => ({ personality: 'lose-unsynced' }),
    (seed) => ({ personality: 'posix-adversary', random: seededRandom(seed) }),
  ]
  test.each(personalities)('by a power cut is ended by the next repair', (crash) => {
    for (let change = 1; change < count; change += 2) {
      const scene = damaged()
      stoppedAt(scene, change, () => scene.fileSystem.stop())
      scene.fileSystem.crash(crash(change))
      const next = new VerifyScene(scene.fileSystem.asProcess('main'))
      next.repair()
      expectMended(next, `change ${change}`)
    }
  })
})

function expectMended(scene: VerifyScene, when: string): void {
  expect(scene.verify().damages, when).toEqual([])
  expect(scene.read(), when).toEqual(left)
  scene.append(batch({ values: ['next'] }))
  expect(scene.read(), when).toEqual([...left, '24 next'])
  // Everything that was taken out of the log lies beside it.
  expect(scene.paths(/\d\.corrupt$/).length, when).toBeGreaterThanOrEqual(2)
}
