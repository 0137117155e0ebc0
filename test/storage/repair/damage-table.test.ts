import { describe, expect, test } from 'vitest'
import { closeCleanly } from '../../../src/storage/clean-close.ts'
import { batch, numbered } from '../../support/batches.ts'
import { directory, expected, logDirectory, segmentPath } from '../partition-scene.ts'
import { flipped, VerifyScene } from '../verify/verify-scene.ts'

const values = numbered(24)

/** Segments at 0, 8 and 16, batches of two records each. */
function written(): VerifyScene {
  const scene = new VerifyScene()
  scene.create({ 'segment.bytes': '420', 'index.interval.bytes': '100' })
  for (let at = 0; at < values.length; at += 2) scene.append(batch({ values: values.slice(at, at + 2) }))
  return scene
}

interface DamageCase {
  readonly name: string
  readonly damage: (scene: VerifyScene) => void
  /** What verification finds first. */
  readonly finding: string
  /** What repair says it did. */
  readonly done: readonly string[]
  /** Offsets that are gone. */
  readonly lost?: readonly number[]
}

const inPartition = (name: string): string => `${directory}/${name}`
const inLog = (name: string): string => `${logDirectory}/${name}`
const garbage = (): Uint8Array => new TextEncoder().encode('what is this?\n')
const [first, middle, last] = [0, 8, 16].map((base) => `${String(base).padStart(20, '0')}`) as [string, string, string]
const batchBytes = 89
const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, at) => start + at)

/** Changes one field of the head of a batch. */
function head(base: number, index: number, change: (view: DataView) => void): (scene: VerifyScene) => void {
  return (scene) =>
    scene.change(segmentPath(base), (bytes) => {
      change(new DataView(bytes.buffer, bytes.byteOffset + startOf(bytes, index)))
      return bytes
    })
}

function startOf(bytes: Uint8Array, index: number): number {
  let at = 0
  for (let count = 0; count < index; count++) at += 12 + new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(8)
  return at
}

const logs: DamageCase[] = [
  {
    name: 'a flipped byte in the records of a closed segment',
    damage: (scene) => scene.change(segmentPath(0), (bytes) => flipped(bytes, 75)),
    finding: 'batch',
    done: [`quarantine ${first}.log`, `rebuild ${first}.index`],
    lost: [0, 1],
  },
  {
    name: 'a flipped byte in the records of the last segment',
    damage: (scene) => scene.change(segmentPath(16), (bytes) => flipped(bytes, 75)),
    finding: 'batch',
    done: [`quarantine ${last}.log`, `rebuild ${last}.index`],
    lost: [16, 17],
  },
  {
    name: 'two damaged places in one segment',
    damage: (scene) => scene.change(segmentPath(8), (bytes) => flipped(flipped(bytes, 75), 3 * batchBytes + 75)),
    finding: 'batch',
    done: [`quarantine ${middle}.log`, `quarantine ${middle}.log`, `rebuild ${middle}.index`],
    lost: [8, 9, 14, 15],
  },
  {
    name: 'a segment of zeros',
    damage: (scene) => scene.change(segmentPath(8), (bytes) => bytes.fill(0)),
    finding: 'batch',
    done: [`quarantine ${middle}.log`, `rebuild ${middle}.index`],
    lost: range(8, 16),
  },
  {
    name: 'an empty closed segment',
    damage: (scene) => scene.change(segmentPath(8), () => new Uint8Array()),
    finding: 'hole',
    done: [`fill ${middle}.log`, `rebuild ${middle}.index`],
    lost: range(8, 16),
  },
  {
    name: 'a closed segment that was cut in a batch',
    damage: (scene) => scene.change(segmentPath(8), (bytes) => bytes.subarray(0, 3 * batchBytes + 20)),
    finding: 'batch',
    done: [`quarantine ${middle}.log`, `rebuild ${middle}.index`],
    lost: range(14, 16),
  },
  {
    name: 'a wrong base offset',
    damage: head(8, 1, (view) => view.setBigInt64(0, 99n)),
    finding: 'batch',
    done: [`restore ${middle}.log`, `rebuild ${middle}.index`],
  },
  {
    name: 'a wrong batch length',
    damage: head(0, 2, (view) => view.setInt32(8, 2 ** 30)),
    finding: 'batch',
    done: [`restore ${first}.log`, `rebuild ${first}.index`],
  },
  {
    name: 'a wrong magic',
    damage: head(16, 0, (view) => view.setInt8(16, 1)),
    finding: 'batch',
    done: [`restore ${last}.log`, `rebuild ${last}.index`],
  },
  {
    name: 'a wrong leader epoch',
    damage: head(8, 2, (view) => view.setInt32(12, 7)),
    finding: 'leader-epoch',
    done: [`restore ${middle}.log`],
  },
  {
    name: 'a segment that is gone from the middle',
    damage: (scene) => remove(scene, segmentPath(8), segmentPath(8, 'index'), segmentPath(8, 'timeindex')),
    finding: 'hole',
    done: [`fill ${first}.log`, `rebuild ${first}.index`],
    lost: range(8, 16),
  },
]

const files: DamageCase[] = [
  {
    name: 'a flipped byte in an offset index',
    damage: (scene) => scene.change(segmentPath(0, 'index'), (bytes) => flipped(bytes, 3)),
    finding: 'index',
    done: [`rebuild ${first}.index`],
  },
  {
    name: 'an offset index that is gone',
    damage: (scene) => remove(scene, segmentPath(0, 'index')),
    finding: 'index',
    done: [`rebuild ${first}.index`],
  },
  {
    name: 'a flipped byte in a time index',
    damage: (scene) => scene.change(segmentPath(8, 'timeindex'), (bytes) => flipped(bytes, 5)),
    finding: 'time-index',
    done: [`rebuild ${middle}.index`],
  },
  {
    name: 'an emptied time index',
    damage: (scene) => scene.change(segmentPath(8, 'timeindex'), () => new Uint8Array()),
    finding: 'time-index',
    done: [`rebuild ${middle}.index`],
  },
  {
    name: 'zeros behind a time index',
    damage: (scene) =>
      scene.change(segmentPath(0, 'timeindex'), (bytes) => Uint8Array.from([...bytes, ...new Uint8Array(120)])),
    finding: 'time-index',
    done: [`rebuild ${first}.index`],
  },
  {
    name: 'an index of aborted transactions without any',
    damage: (scene) => scene.change(segmentPath(0, 'txnindex'), () => new Uint8Array(34)),
    finding: 'transaction-index',
    done: [`rebuild ${first}.index`],
  },
  {
    name: 'a flipped byte in a producer snapshot',
    damage: (scene) => scene.change(segmentPath(8, 'snapshot'), (bytes) => flipped(bytes, 5)),
    finding: 'snapshot',
    done: [`rebuild ${middle}.snapshot`],
  },
  {
    name: 'a broken leader epoch history',
    damage: (scene) => scene.change(inPartition('leader-epoch-checkpoint'), garbage),
    finding: 'epoch-history',
    done: ['rebuild leader-epoch-checkpoint'],
  },
  {
    name: 'a leader epoch history that is gone',
    damage: (scene) => remove(scene, inPartition('leader-epoch-checkpoint')),
    finding: 'epoch-history',
    done: ['rebuild leader-epoch-checkpoint'],
  },
  {
    name: 'a leader epoch history of another log',
    damage: (scene) =>
      scene.change(inPartition('leader-epoch-checkpoint'), () => new TextEncoder().encode('0\n1\n3 0\n')),
    finding: 'epoch-history',
    done: ['rebuild leader-epoch-checkpoint'],
  },
  {
    name: 'a broken topic id',
    damage: (scene) => scene.change(inPartition('partition.metadata'), garbage),
    finding: 'partition-metadata',
    done: ['rebuild partition.metadata'],
  },
  {
    name: 'a topic id that is gone',
    damage: (scene) => remove(scene, inPartition('partition.metadata')),
    finding: 'partition-metadata',
    done: ['rebuild partition.metadata'],
  },
  {
    name: 'a name that Kafka would refuse',
    damage: (scene) => scene.change(inPartition('copy.log'), garbage),
    finding: 'name',
    done: ['set-aside copy.log'],
  },
  {
    name: 'an index without its log',
    damage: (scene) => scene.change(segmentPath(99, 'index'), () => new Uint8Array()),
    finding: 'name',
    done: ['set-aside 00000000000000000099.index'],
  },
  {
    name: 'a broken recovery point',
    damage: (scene) => scene.change(inLog('recovery-point-offset-checkpoint'), garbage),
    finding: 'checkpoint',
    done: ['rebuild recovery-point-offset-checkpoint'],
  },
  {
    name: 'a broken catalog',
    damage: (scene) => scene.change(inLog('tslog-topics.json'), garbage),
    finding: 'catalog',
    done: ['rebuild tslog-topics.json'],
  },
  {
    name: 'a catalog that is gone',
    damage: (scene) => remove(scene, inLog('tslog-topics.json')),
    finding: 'catalog',
    done: ['rebuild tslog-topics.json'],
  },
  {
    name: 'a broken identity',
    damage: (scene) => scene.change(inLog('meta.properties'), garbage),
    finding: 'identity',
    done: ['rebuild meta.properties'],
  },
  {
    name: 'an identity that is gone',
    damage: (scene) => remove(scene, inLog('meta.properties')),
    finding: 'identity',
    done: ['rebuild meta.properties'],
  },
]

/** What is made of the logs of closed segments, byte for byte. */
function derivedFiles(scene: VerifyScene): [string, Uint8Array][] {
  return scene.paths(/\/0{19}[08]\.(index|timeindex|snapshot)$/).map((path) => [path, scene.bytes(path)])
}

function remove(scene: VerifyScene, ...paths: readonly string[]): void {
  for (const path of paths) scene.fileSystem.remove(path)
}

const whens: [string, (scene: VerifyScene) => unknown][] = [
  ['on this boot', () => undefined],
  ['after a power cut', (scene) => scene.reboot()],
  ['after a close', (scene) => closeCleanly(scene.options)],
]

describe.each(whens)('%s', (_when, prepare) => {
  test.each([...logs, ...files])(
    '$name is found and mended, and no other record is lost',
    async ({ damage, finding, done, lost = [] }) => {
      const scene = written()
      await prepare(scene)
      const before = derivedFiles(scene)
      damage(scene)
      expect(scene.verify().damages[0]?.kind).toBe(finding)
      expect(scene.repair()).toEqual(done)
      expect(scene.verify().damages).toEqual([])
      const left = expected(values).filter((_, at) => !lost.includes(at))
      expect(scene.read()).toEqual(left)
      if (lost.length === 0) expect(derivedFiles(scene)).toEqual(before)
      scene.append(batch({ values: ['next'] }))
      expect(scene.read()).toEqual([...left, '24 next'])
      expect(scene.verify().damages).toEqual([])
      expect(scene.fileSystem.openFileCount).toBe(0)
    },
  )
})
