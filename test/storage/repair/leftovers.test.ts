import { describe, expect, test } from 'vitest'
import { offset } from '../../../src/base/brands.ts'
import { closeCleanly } from '../../../src/storage/clean-close.ts'
import { deleteOldSegments } from '../../../src/storage/segment-deletion.ts'
import { batch, numbered } from '../../support/batches.ts'
import { directory, expected, segmentPath } from '../partition-scene.ts'
import { flipped, VerifyScene } from '../verify/verify-scene.ts'

const values = numbered(24)

function written(): VerifyScene {
  const scene = new VerifyScene()
  scene.create({ 'segment.bytes': '420', 'index.interval.bytes': '100' })
  for (let at = 0; at < values.length; at += 2) scene.append(batch({ values: values.slice(at, at + 2) }))
  return scene
}

function appendBytes(scene: VerifyScene, path: string, bytes: Uint8Array): void {
  scene.change(path, (before) => Uint8Array.from([...before, ...bytes]))
}

function expectWhole(scene: VerifyScene, left = expected(values), next = values.length): void {
  expect(scene.verify().damages).toEqual([])
  expect(scene.read()).toEqual(left)
  scene.append(batch({ values: ['next'] }))
  expect(scene.read()).toEqual([...left, `${next} next`])
  expect(scene.verify().damages).toEqual([])
  expect(scene.fileSystem.openFileCount).toBe(0)
}

describe('what a crash left at the end of the log', () => {
  test.each([
    ['zeros', new Uint8Array(300)],
    ['garbage', new TextEncoder().encode('x'.repeat(200))],
    ['half a batch', batch({ values: ['torn', 'in two'] }).subarray(0, 70)],
  ])('is a torn tail after a power cut, and is cut: %s', (_what, bytes) => {
    const scene = written()
    scene.reboot()
    appendBytes(scene, segmentPath(16), bytes)
    expect(scene.verify().damages.map(({ kind }) => kind)).toEqual(['torn-tail'])
    expect(scene.repair()).toEqual(['cut 00000000000000000016.log'])
    expectWhole(scene)
    expect(new TextDecoder().decode(scene.bytes(`${directory}/leader-epoch-checkpoint`))).toMatch(/^0\n\d\n0 0\n/)
  })

  test.each([
    ['zeros', new Uint8Array(300)],
    ['half a batch', batch({ values: ['torn', 'in two'] }).subarray(0, 70)],
  ])('is damage behind a log that was closed in order, where Kafka would not look for it: %s', async (_what, bytes) => {
    const scene = written()
    await closeCleanly(scene.options)
    appendBytes(scene, segmentPath(16), bytes)
    expect(scene.verify().damages.map(({ kind }) => kind)).toEqual(['torn-tail'])
    expect(scene.repair()).toEqual(['cut 00000000000000000016.log'])
    expectWhole(scene)
  })

  test('is only a note while the writer that was killed has published less', () => {
    const scene = written()
    appendBytes(scene, segmentPath(16), new Uint8Array(50))
    const { damages, notes } = scene.verify()
    expect([damages, notes.map(({ kind }) => kind)]).toEqual([[], ['torn-tail']])
    expect(scene.repair()).toEqual(['settle 00000000000000000016.log'])
    expectWhole(scene)
  })

  test('is damage where it had been synced: kept beside the log, and its offsets are not given again', () => {
    const scene = written()
    scene.append(batch({ values: ['synced'] }))
    scene.write((log) => log.openLog({ topic: 't', partition: 0 }).append(batch({ values: ['synced too'] }), 'now'))
    scene.reboot()
    scene.change(segmentPath(24), (bytes) => bytes.subarray(0, bytes.length - 9))
    expect(scene.verify().damages.map(({ kind }) => kind)).toEqual(['batch'])
    expect(scene.repair()[0]).toMatch(/^quarantine/)
    expectWhole(scene, [...expected(values), '24 synced'], 26)
    expect(scene.paths(/\.corrupt$/).length).toBe(1)
  })
})

describe('a deletion of what lies below the log start', () => {
  const trimmed = (): VerifyScene => {
    const scene = written()
    scene.write((log) => log.openLog({ topic: 't', partition: 0 }).advanceLogStart(offset(9)))
    return scene
  }

  test.each([[[]], [['index']], [['index', 'log']], [['index', 'log', 'timeindex']]] as const)(
    'that was cut half-way is no damage, and retention ends it: gone are %j',
    (parts) => {
      const scene = trimmed()
      for (const part of parts) scene.fileSystem.remove(segmentPath(0, part))
      const { damages, notes } = scene.verify()
      expect(damages).toEqual([])
      expect(notes.map(({ kind }) => kind)).toEqual(parts.length === 3 ? [] : ['leftover'])
      scene.repair()
      scene.write((log) => deleteOldSegments(log.openLog({ topic: 't', partition: 0 }), scene.fileSystem, 0))
      expect(scene.paths(/0{20}\.(log|index|timeindex)$/)).toEqual([])
      expect(scene.verify().notes).toEqual([])
      expectWhole(scene, expected(values).slice(8))
    },
  )

  test('leaves an index that repair removes, and explains no log that is missing at or above it', () => {
    const scene = trimmed()
    for (const part of ['index', 'log'] as const) scene.fileSystem.remove(segmentPath(0, part))
    expect(scene.repair()).toEqual(['settle 00000000000000000000.timeindex'])
    expect(scene.verify().notes).toEqual([])
    scene.fileSystem.remove(segmentPath(8, 'log'))
    expect(scene.verify().damages.map(({ kind }) => kind)).toContain('name')
  })
})

describe('a log without its beginning, or without anything', () => {
  test('begins behind the segments that are gone', () => {
    const scene = written()
    for (const part of ['log', 'index', 'timeindex']) scene.fileSystem.remove(segmentPath(0, part))
    expect(scene.verify().damages).toEqual([
      expect.objectContaining({ kind: 'hole', path: directory, firstOffset: 0n, nextOffset: 8n }),
    ])
    expect(scene.repair()).toEqual(['fill t-0'])
    expectWhole(scene, expected(values).slice(8))
  })

  test('goes on where it was', () => {
    const scene = written()
    for (const path of scene.paths(/\.(log|index|timeindex|snapshot)$/)) scene.fileSystem.remove(path)
    expect(scene.verify().damages).toEqual([
      expect.objectContaining({ kind: 'hole', firstOffset: 0n, nextOffset: 24n }),
    ])
    expect(scene.repair()).toEqual(['fill t-0'])
    expectWhole(scene, [])
  })
})

test('an unreadable word of the last writer is a finding, and is left anew', () => {
  const scene = written()
  scene.change(`${directory}/tslog.lock`, (bytes) => flipped(bytes, 50))
  expect(scene.verify().damages.map(({ kind }) => kind)).toEqual(['checkpoint'])
  expect(scene.repair()).toEqual(['rebuild tslog.lock'])
  expectWhole(scene)
})

test('a swap that was not finished is a note, and is finished', () => {
  const scene = written()
  const { fileSystem } = scene
  for (const part of ['log', 'index', 'timeindex'])
    fileSystem.rename(segmentPath(8, part), `${segmentPath(8, part)}.swap`)
  const { damages, notes } = scene.verify()
  expect([damages, notes.map(({ kind }) => kind)]).toEqual([[], ['leftover', 'leftover', 'leftover']])
  expect(scene.repair()).toEqual([])
  expectWhole(scene)
})

test('what a rewriting that was killed left behind is removed', () => {
  const scene = written()
  scene.change(`${segmentPath(8)}.cleaned`, () => scene.bytes(segmentPath(8)))
  scene.change(`${segmentPath(8)}.tmp`, () => new Uint8Array(9))
  expect(scene.verify().damages).toEqual([])
  expect(scene.repair()).toEqual(['settle 00000000000000000008.log.tmp'])
  expect(scene.paths(/cleaned|tmp/)).toEqual([])
  expectWhole(scene)
})

test('a partition that is gone is made anew, one that the catalog lacks is taken into it', () => {
  const scene = written()
  const { fileSystem } = scene
  fileSystem.rename(directory, '/log/t-2')
  const { damages, notes } = scene.verify()
  expect([...damages, ...notes].map(({ kind, path }) => [kind, path])).toEqual([
    ['catalog', directory],
    ['catalog', '/log/t-2'],
  ])
  expect(scene.repair()).toEqual(['rebuild t-0', 'rebuild t-2'])
  expect(scene.verify().damages).toEqual([])
  expect(scene.write((log) => log.topic('t').partitionCount)).toBe(3)
})

test('a segment that begins below the end of another is told, and no record is taken out of the log for it', () => {
  const scene = written()
  const before = scene.bytes(segmentPath(8))
  scene.change(segmentPath(10), () => new Uint8Array())
  expect(scene.verify().damages).toContainEqual(expect.objectContaining({ kind: 'overlap', path: segmentPath(10) }))
  scene.repair()
  expect(scene.bytes(segmentPath(8))).toEqual(before)
})

test("the log of Kafka's controllers is verified, and never written", () => {
  const scene = written()
  const metadata = '/log/__cluster_metadata-0'
  scene.fileSystem.makeDirectory(metadata)
  for (const path of scene.paths(/t-0\/0.*(log|index)$|leader-epoch/)) {
    scene.change(path.replace('t-0', '__cluster_metadata-0'), () => scene.bytes(path))
  }
  const path = segmentPath(0).replace('t-0', '__cluster_metadata-0')
  scene.change(path, (bytes) => flipped(bytes, 75))
  const before = scene.paths(/metadata-0/).map((one) => scene.bytes(one))
  expect(scene.verify().damages).toContainEqual(expect.objectContaining({ kind: 'batch', path }))
  scene.repair()
  expect(scene.paths(/metadata-0/).map((one) => scene.bytes(one))).toEqual(before)
})

test('a log that was copied behind itself is mended in one piece', () => {
  const scene = written()
  scene.reboot()
  appendBytes(scene, segmentPath(16), scene.bytes(segmentPath(16)))
  const { damages } = scene.verify()
  expect(damages.map(({ kind, reason }) => [kind, reason])).toEqual([['batch', 'its offsets go back: 16 after 23']])
  expect(scene.repair()).toEqual(['quarantine 00000000000000000016.log', 'rebuild 00000000000000000016.index'])
  expect(scene.paths(/corrupt$/).length).toBe(1)
  expectWhole(scene)
})
