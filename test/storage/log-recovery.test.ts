import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/base/random.ts'
import { batch, numbered } from '../support/batches.ts'
import { directory, expected, PartitionScene, segmentPath } from './partition-scene.ts'

const values = numbered(16)
const active = segmentPath(0)

/** A log of one segment, and where its batches end. */
function written(records = values): { scene: PartitionScene; whole: Uint8Array; ends: number[] } {
  const scene = new PartitionScene()
  scene.append(...records)
  const whole = scene.bytes(active)
  const size = whole.length
  const ends = [0]
  for (let at = 0; at < size;) {
    at += 12 + new DataView(whole.buffer, whole.byteOffset + at).getInt32(8)
    ends.push(at)
  }
  return { scene, whole, ends }
}

function epochLines(scene: PartitionScene): string {
  return new TextDecoder().decode(scene.bytes(`${directory}/leader-epoch-checkpoint`))
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function checkpointOf(end: number): Uint8Array {
  return new TextEncoder().encode(`0\n1\nt 0 ${end}\n`)
}

function quarantined(scene: PartitionScene): string[] {
  return scene.names().filter((name) => name.endsWith('.corrupt'))
}

const boots: [string, (scene: PartitionScene) => void][] = [
  ['of this boot', () => undefined],
  ['from before a power cut', (scene) => scene.reboot()],
]

describe.each(boots)('a log %s', (_when, boot) => {
  test('that was cut at any byte ends with its last whole batch and takes the next one', () => {
    const few = values.slice(0, 5)
    const { whole, ends } = written(few)
    for (let length = 0; length <= whole.length; length++) {
      const { scene } = written(few)
      scene.overwrite(active, whole.subarray(0, length))
      boot(scene)
      const left = ends.filter((end) => end > 0 && end <= length).length
      expect(scene.logEndOffset(), `cut to ${length} bytes`).toBe(BigInt(left))
      scene.append('next')
      const seen = scene.read()
      expect(seen.records, `cut to ${length} bytes`).toEqual(expected([...few.slice(0, left), 'next']))
      expect(seen.damages).toEqual([])
      expect(scene.fileSystem.openFileCount).toBe(0)
    }
  })

  const tails: [string, (size: number) => Uint8Array][] = [
    ['zeros', (size) => new Uint8Array(size)],
    ['random bytes', (size) => seededRandom(size).fill(new Uint8Array(size))],
    ['the beginning of a batch', (size) => batch({ values: ['x'.repeat(5000)] }).subarray(0, size)],
  ]
  test.each(tails)('with %s behind its last batch loses only them', (_what, tail) => {
    for (let size = 1; size <= 4096; size += size < 80 ? 1 : 193) {
      const { scene, whole } = written()
      scene.overwrite(active, joined(whole, tail(size)))
      boot(scene)
      expect(scene.read().records, `${size} bytes`).toEqual(expected(values))
      expect(scene.logEndOffset(), `${size} bytes`).toBe(BigInt(values.length))
      expect(scene.bytes(active)).toEqual(whole)
      expect(scene.warnings).toEqual([expect.stringContaining(`cut ${size} torn bytes off the end`)])
      const raised = `0\n2\n0 0\n1 ${values.length}\n`
      expect(epochLines(scene)).toBe(raised)
      boot(scene)
      // As whoever closes the directory in order leaves it: there is no reason to raise the epoch again.
      scene.overwrite('/log/recovery-point-offset-checkpoint', checkpointOf(values.length))
      scene.fileSystem.remove(`${directory}/tslog.lock`)
      expect(scene.logEndOffset()).toBe(BigInt(values.length))
      expect(epochLines(scene)).toBe(raised)
      scene.append('next')
      expect(scene.read().records).toEqual(expected([...values, 'next']))
      expect(quarantined(scene)).toEqual([])
    }
  })
})

describe('a bad byte', () => {
  /** Where the fourth batch begins; one byte of its records is flipped. */
  function flipped(syncedBefore: number): { scene: PartitionScene; position: number; bad: Uint8Array } {
    const { scene, whole, ends } = written()
    const position = ends[3] ?? 0
    const bad = whole.slice()
    bad[position + 70] = (bad[position + 70] ?? 0) ^ 0xff
    scene.overwrite(active, bad)
    if (syncedBefore > 0) {
      scene.overwrite('/log/recovery-point-offset-checkpoint', new TextEncoder().encode(`0\n1\nt 0 ${syncedBefore}\n`))
    }
    return { scene, position, bad }
  }

  function forgetState(scene: PartitionScene): void {
    scene.fileSystem.remove(`${directory}/tslog.lock`)
  }

  const untouched = [...expected(values.slice(0, 3)), ...expected(values.slice(4), 4)]

  test('below the recovery point is left and reported, on this boot and another', () => {
    for (const boot of [forgetState, (scene: PartitionScene): void => scene.reboot()]) {
      const { scene, position, bad } = flipped(10)
      boot(scene)
      expect(scene.logEndOffset()).toBe(BigInt(values.length))
      expect(scene.warnings).toEqual([expect.stringContaining(`damaged at byte ${position}, offsets 3 to 3`)])
      expect(scene.bytes(active)).toEqual(bad)
      expect(epochLines(scene)).toBe(`0\n2\n0 0\n1 ${values.length}\n`)
      expect(scene.read().records).toEqual(untouched)
      scene.append('next')
      expect(scene.read().records).toEqual([...untouched, `${values.length} next`])
    }
  })

  test('above it, with valid batches behind, is left on the same boot: the page cache tears nothing but the end', () => {
    const { scene, position, bad } = flipped(2)
    expect(scene.logEndOffset()).toBe(BigInt(values.length))
    expect(scene.bytes(active)).toEqual(bad)
    const seen = scene.read()
    expect(seen.records).toEqual(untouched)
    expect(seen.damages).toEqual([expect.objectContaining({ path: active, position, firstOffset: 3n, nextOffset: 4n })])
  })

  test('above it after a power cut ends the log; what is cut is kept beside it, durable before the cut', () => {
    const { scene, position, bad } = flipped(2)
    scene.reboot()
    const changes: string[] = []
    const stopWatching = scene.fileSystem.beforeOperation(({ name, path, isChange }) => {
      if (isChange) changes.push(`${name} ${path}`)
    })
    expect(scene.logEndOffset()).toBe(3n)
    stopWatching()
    const copy = segmentPath(0, `${position}.corrupt`)
    expect(quarantined(scene)).toEqual([copy.slice(directory.length + 1)])
    expect(scene.bytes(copy)).toEqual(bad.subarray(position))
    const cut = changes.indexOf(`truncate ${active}`)
    expect(changes.indexOf(`sync ${copy}`)).toBeLessThan(cut)
    expect(changes.lastIndexOf(`sync-directory ${directory}`, cut)).toBeGreaterThan(changes.indexOf(`sync ${copy}`))
    expect(epochLines(scene)).toBe('0\n2\n0 0\n1 3\n')
    scene.append('next')
    expect(scene.read().records).toEqual(expected([...values.slice(0, 3), 'next']))
  })

  test('at the end of a segment that is not the last is left and reported, with all behind it', () => {
    for (const boot of [forgetState, (scene: PartitionScene): void => scene.reboot()]) {
      const scene = new PartitionScene({ segmentBytes: 170 })
      scene.append(...values)
      const bad = scene.bytes(active)
      bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 0xff
      scene.overwrite(active, bad)
      boot(scene)
      expect(scene.logEndOffset()).toBe(BigInt(values.length))
      expect(scene.warnings).toEqual([expect.stringContaining('offsets 1 to 1')])
      expect(scene.bytes(active)).toEqual(bad)
    }
  })

  test('at the end of what was synced costs its records, but never gives their offsets again', () => {
    const { scene, whole, ends } = written()
    scene.overwrite('/log/recovery-point-offset-checkpoint', new TextEncoder().encode(`0\n1\nt 0 ${values.length}\n`))
    scene.overwrite(active, whole.subarray(0, (ends.at(-1) ?? 0) - 1))
    scene.reboot()
    expect(scene.logEndOffset()).toBe(BigInt(values.length))
    expect(quarantined(scene).length).toBe(1)
    scene.append('next')
    expect(scene.read().records).toEqual([...expected(values.slice(0, -1)), `${values.length} next`])
  })
})

test('recovery that is stopped at any operation and begun again comes to the same', () => {
  const torn = (): PartitionScene => {
    const { scene, whole, ends } = written()
    const bad = whole.slice()
    bad[(ends[3] ?? 0) + 70] = 0xee
    scene.overwrite(active, joined(bad, new Uint8Array(100)))
    scene.reboot()
    return scene
  }
  const reference = torn()
  const first = reference.fileSystem.operationCount
  expect(reference.logEndOffset()).toBe(3n)
  const operations = reference.fileSystem.operationCount - first
  for (let at = 0; at < operations; at++) {
    for (const how of ['kill', 'power']) {
      const scene = torn()
      let left = at
      scene.fileSystem.beforeOperation(() => {
        if (left-- !== 0) return
        if (how === 'kill') scene.fileSystem.kill('main')
        else scene.fileSystem.stop()
      })
      expect(() => scene.logEndOffset()).toThrow()
      if (how === 'power') scene.powerCut()
      expect(scene.logEndOffset(), `${how} at operation ${at}`).toBe(3n)
      expect(scene.read().records).toEqual(expected(values.slice(0, 3)))
      expect(quarantined(scene).length).toBe(1)
      const [, ...epochs] = epochLines(scene).trim().split('\n').slice(1)
      expect(epochs[0]).toBe('0 0')
      expect(epochs.at(-1), `${how} at operation ${at}`).toMatch(/^[12] 3$/)
    }
  }
})

test('a leader epoch that another process raised meanwhile is not given again', () => {
  const scene = new PartitionScene()
  const early = scene.open('early')
  early.append(batch({ values: ['a'] }), 'never')
  const cutter = scene.open('cutter')
  for (const survivor of [cutter, early]) {
    const victim = scene.open('victim')
    const heal = scene.fileSystem.failOn(({ name, path }) =>
      name === 'write' && path === active ? { code: 'EIO', partialBytes: 30 } : undefined,
    )
    expect(() => victim.append(batch({ values: ['torn'] }), 'never')).toThrow()
    heal()
    survivor.append(batch({ values: ['b'] }), 'never')
  }
  expect(epochLines(scene)).toBe('0\n3\n0 0\n1 1\n2 2\n')
})
