import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lines, ReplicaScene } from '../../replication/replica-scene.ts'
import type { BinaryRunner } from '../../support/binary-runner.ts'
import { builtBinary } from '../../support/built-binary.ts'
import { toolOrSkip } from '../../support/require-tool.ts'

// What other replicated logs have lost records by: J1 (Kafka 0.8) and J5 (NATS #7567) of the list of known failures.

/** A source of a hundred small batches, and its copy. */
function replicated(count = 100): ReplicaScene {
  const scene = new ReplicaScene()
  for (let at = 0; at < count; at += 20) scene.source.produce('app', lines(20, `${at}-`))
  expect(scene.replicate('app').code).toBe(0)
  return scene
}

/** The machine lost its power before the last batches were on its disk. */
function loseTail(side: BinaryRunner, batches: number): void {
  const log = side.path('app-0', '00000000000000000000.log')
  const bytes = readFileSync(log)
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) starts.push(at)
  truncateSync(log, starts.at(-batches))
  for (const name of ['index', 'timeindex']) truncateSync(side.path('app-0', `00000000000000000000.${name}`), 0)
  // Another boot of the machine: what the last one left word of counts for nothing.
  rmSync(side.path('app-0', 'tslog.lock'))
}

describe('a source that has lost its unsynced tail', () => {
  test('and writes others at the same offsets is found out, with the facts of both sides, and nothing is written', () => {
    const scene = replicated()
    loseTail(scene.source, 1)
    scene.source.produce('app', lines(30, 'other-'))
    expect(scene.source.numbered('app').at(-1)?.offset).toBe(109)
    const before = scene.filesOf(scene.copy, 'app-0')
    const { code, stderr } = scene.replicate('app')
    expect(code).toBe(5)
    expect(stderr).toContain('copy [0, 100) and source [0, 110) have diverged')
    expect(stderr).toContain('they part at offset 80')
    expect(scene.filesOf(scene.copy, 'app-0')).toEqual(before)
    expect(scene.replicate('app', '--overwrite-diverged', '--yes').code).toBe(0)
    expect(scene.copy.numbered('app')).toEqual(scene.source.numbered('app'))
  })

  test('is no reason to cut its copy, which has the only copy of it', () => {
    const scene = replicated()
    loseTail(scene.source, 2)
    expect(scene.source.values('app')).toHaveLength(60)
    expect(scene.replicate('app')).toMatchObject({ code: 5 })
    expect(scene.copy.values('app')).toHaveLength(100)
    // The other way round it is what mends the source.
    expect(scene.source.run(['replicate', 'app', '--from', scene.copy.directory])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(scene.source.numbered('app')).toEqual(scene.copy.numbered('app'))
  })
})

describe('a target with a shorter log', () => {
  test('but a higher leader epoch is refused: neither side is cut', () => {
    const scene = replicated(40)
    scene.copy.produce('app', lines(5, 'own-'))
    scene.source.produce('app', lines(200, 'more-'))
    const [source, copy] = [scene.source, scene.copy].map((side) => scene.filesOf(side, 'app-0'))
    const { code, stderr } = scene.replicate('app')
    expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining('leader epoch') as string })
    expect([scene.source, scene.copy].map((side) => scene.filesOf(side, 'app-0'))).toEqual([source, copy])
  })
})

describe.skipIf(toolOrSkip('strace') === undefined)('records count as copied', () => {
  test('when the kernel was asked to put them on the disk of the far side, and not before', () => {
    const scene = new ReplicaScene()
    scene.source.produce('app', lines(20_000), '--config', 'segment.bytes=60000', '--batch-size', '4000')
    // Runs what an ssh would run there, here.
    const ssh = join(scene.home, 'ssh')
    writeFileSync(ssh, '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    chmodSync(ssh, 0o755)
    const trace = join(scene.home, 'trace')
    const calls = 'trace=pwrite64,fdatasync,fsync,write,writev'
    const words = ['replicate', 'app', `ssh://there${scene.copy.directory}`, '--ssh-command', ssh, '--json']
    const tslog = [builtBinary(), ...words, '--remote-tslog', builtBinary(), '-d', scene.source.directory]
    const run = spawnSync('strace', ['-f', '-y', '-s', '40', '-e', calls, '-o', trace, ...tslog], { encoding: 'utf8' })
    expect({ code: run.status, report: JSON.parse(run.stdout) as unknown }).toMatchObject({
      code: 0,
      report: { records: 20_000 },
    })
    const seen = readFileSync(trace, 'utf8').split('\n')
    const last = (call: RegExp): number => seen.findLastIndex((line) => call.test(line))
    const copy = scene.copy.directory
    const written = last(new RegExp(`pwrite64\\(\\d+<${copy}/app-0/\\d+\\.log>`))
    const synced = last(new RegExp(`f(data)?sync\\(\\d+<${copy}/app-0/\\d+\\.log>`))
    const told = last(/ write\(1<[^>]*>, "\{/)
    expect([written > 0, synced > written, told > synced]).toEqual([true, true, true])
    // And every segment before the last one too.
    const names = Object.keys(scene.filesOf(scene.copy, 'app-0')).filter((name) => name.endsWith('.log'))
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) expect(last(new RegExp(`sync\\(\\d+<${copy}/app-0/${name}>`)), name).toBeGreaterThan(0)
  })
})
