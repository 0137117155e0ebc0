import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { runBinary } from '../support/run-binary.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

const small = ['--config', 'segment.bytes=20000', '--batch-size', '2000']

class BundleScene extends ReplicaScene {
  file(name: string): string {
    return join(this.home, name)
  }

  pack(name: string, ...words: string[]): ReturnType<typeof runBinary> {
    return this.source.run(['replicate', 'app', `bundle:${this.file(name)}`, ...words])
  }

  apply(name: string): ReturnType<typeof runBinary> {
    return this.copy.run(['replicate', '--all', '--from', `bundle:${this.file(name)}`])
  }
}

describe('a bundle', () => {
  test('carries a topic as it is', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(5000), '--config', 'segment.bytes=20000', '--batch-size', '2000')
    expect(scene.pack('one')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.apply('one')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
  })

  test('made since another one holds what has come in between, and is applied after it', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(5000))
    scene.pack('one')
    scene.source.produce('app', lines(10, 'more-'))
    expect(scene.pack('two', '--since', scene.file('one')).code).toBe(0)
    expect(statSync(scene.file('two')).size).toBeLessThan(1500)
    const early = scene.apply('two')
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('must be applied first') as string })
    expect([scene.apply('one').code, scene.apply('two').code]).toEqual([0, 0])
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(scene.filesOf(scene.source, 'app-0'))
    // Once more does nothing, in whatever order.
    expect([scene.apply('one').code, scene.apply('two').code]).toEqual([0, 0])
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
  })

  test('made since another one takes nothing away that it does not hold, though that was compacted since', () => {
    const scene = new BundleScene()
    const keyed = (value: string): string[] => lines(3000).map((_, n) => `k${n % 50}:${value}${n}`)
    scene.source.produce('app', keyed('a'), '-K:', '--config', 'cleanup.policy=compact', ...small)
    scene.pack('one')
    expect(scene.apply('one').code).toBe(0)
    scene.source.done(['compact', 'app'])
    scene.source.produce('app', keyed('b'), '-K:')
    expect(scene.pack('two', '--since', scene.file('one')).code).toBe(0)
    const before = scene.copy.numbered('app')
    expect(scene.apply('two')).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.numbered('app').slice(0, before.length)).toEqual(before)
    expect(scene.copy.run(['verify']).code).toBe(0)
  })

  test('made since another one brings back a copy that has left its source behind that one, and no other', () => {
    const scene = new BundleScene()
    const overwrite = (): ReturnType<typeof runBinary> =>
      scene.copy.run(['replicate', 'app', '--from', `bundle:${scene.file('three')}`, '--overwrite-diverged', '--yes'])
    scene.source.produce('app', lines(50), ...small)
    scene.pack('one')
    scene.source.produce('app', lines(3000, 'second-'))
    scene.pack('two')
    scene.source.produce('app', lines(3000, 'third-'))
    scene.pack('three', '--since', scene.file('two'))
    scene.apply('one')
    scene.copy.produce('app', lines(7000, 'own-'))
    expect(overwrite()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has left its source before') as string,
    })
    expect(scene.copy.values('app')).toEqual([...lines(50), ...lines(7000, 'own-')])
    rmSync(scene.copy.directory, { recursive: true })
    scene.apply('two')
    scene.copy.produce('app', lines(500, 'own-'))
    expect(scene.apply('three')).toMatchObject({ code: 5, stderr: expect.stringContaining('at offset 3050') as string })
    expect(overwrite()).toMatchObject({ code: 0, stderr: '' })
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
  })

  test('takes as long as --bwlimit says, counts what is in it, and has what was named', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(1200), '--config', 'segment.bytes=20000', '--batch-size', '2000')
    const told = JSON.parse(scene.pack('one', '--json', '--bwlimit', '32k').stdout.toString()) as Record<string, number>
    expect(told['records']).toBe(1200)
    expect(told['elapsedMs']).toBeGreaterThan(((told['bytes'] ?? 0) / 32768) * 1000 - 500)
    expect(scene.pack('two', '-p', '7').code).toBe(3)
    expect(existsSync(scene.file('two'))).toBe(false)
    expect(scene.pack('two', '--overwrite-diverged', '--yes').code).toBe(2)
  })

  test('is one file, behind symbolic links too, and takes the place of nothing else', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(10))
    mkdirSync(scene.file('directory'))
    execFileSync('mkfifo', [scene.file('pipe')])
    symlinkSync(scene.file('one'), scene.file('link'))
    for (const name of ['directory', 'pipe', 'link']) {
      expect(scene.pack(name)).toMatchObject({ code: 1, stderr: expect.stringContaining('one file') as string })
      expect(scene.apply(name).code).toBe(1)
    }
    writeFileSync(scene.file('one'), '')
    expect(scene.pack('link').code).toBe(0)
    expect(lstatSync(scene.file('link')).isSymbolicLink()).toBe(true)
    expect(scene.apply('link').code).toBe(0)
    expect(scene.apply('one').code).toBe(0)
  })

  test('is written by one process at a time, and left to that one', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(10))
    const other = new NodeFileSystem().open(scene.file('one.tmp'), 'create')
    other.write(new Uint8Array([1]), 0)
    other.lock('exclusive', 0)
    expect(scene.pack('one')).toMatchObject({ code: 75, stderr: expect.stringContaining('another process') as string })
    expect(readFileSync(scene.file('one.tmp'))).toEqual(Buffer.of(1))
    other.close()
    expect(scene.pack('one').code).toBe(0)
    expect(existsSync(scene.file('one.tmp'))).toBe(false)
    expect(scene.apply('one').code).toBe(0)
  })

  test('is refused as a whole when a byte of it is wrong, and when it is cut off', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(100))
    scene.pack('one')
    const bytes = readFileSync(scene.file('one'))
    for (const at of [3, 20, bytes.length >> 1, bytes.length - 3]) {
      const bad = Buffer.from(bytes)
      bad[at] = (bad[at] ?? 0) ^ 0x40
      writeFileSync(scene.file('bad'), bad)
      expect([1, 5]).toContain(scene.apply('bad').code)
    }
    for (const end of [0, 5, 40, bytes.length - 1]) {
      writeFileSync(scene.file('bad'), bytes.subarray(0, end))
      expect([1, 5]).toContain(scene.apply('bad').code)
    }
    expect(scene.copy.run(['topics', 'list']).stdout.toString()).toBe('')
  })

  test('is not begun where the source has left the one before', () => {
    const scene = new BundleScene()
    scene.source.produce('app', lines(100))
    scene.pack('one')
    scene.source.done(['topics', 'delete', 'app', '--yes'])
    scene.source.produce('app', lines(200, 'other-'))
    expect(scene.pack('two', '--since', scene.file('one'))).toMatchObject({ code: 5 })
    expect(existsSync(scene.file('two'))).toBe(false)
  })
})
