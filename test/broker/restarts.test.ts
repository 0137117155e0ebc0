import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { takeServeLock } from '../../src/storage/serve-lock.ts'
import { builtBinary } from '../support/built-binary.ts'
import { ServeScene } from './serve-scene.ts'

interface Produced {
  readonly child: ChildProcessByStdio<Writable, null, Readable>
  /** The exit code, and what was said on stderr. */
  readonly end: Promise<{ code: number | null; stderr: string }>
}

function produce(...args: string[]): Produced {
  const child = spawn(builtBinary(), [...args, 'produce', 't'], { stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return { child, end: new Promise((resolve) => child.once('exit', (code) => resolve({ code, stderr }))) }
}

function consumed(directory: string): string {
  return spawnSync(builtBinary(), ['-d', directory, 'consume', 't'], { encoding: 'utf8' }).stdout
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await sleep(20)
}

test('a producer whose last record came while its broker was away ends once the broker is back', async () => {
  const scene = await ServeScene.start()
  const { child, end } = produce('-b', scene.address)
  child.stdin.write('a\n')
  await until(() => consumed(scene.directory) === 'a\n')
  await scene.stop('SIGKILL')
  child.stdin.end('b\n')
  await sleep(300)
  const again = await ServeScene.start(['--listen', scene.address], scene.directory)
  expect(await end).toMatchObject({ code: 0 })
  expect(consumed(scene.directory)).toBe('a\nb\n')
  await again.remove()
})

test('a server that cannot be reached while it starts or stops is waited for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tslog-restarts-'))
  spawnSync(builtBinary(), ['-d', directory, 'topics', 'create', 't'])
  const lock = takeServeLock(new NodeFileSystem(), directory)
  const { child, end } = produce('-d', directory)
  child.stdin.end('a\n')
  await sleep(500)
  lock.close()
  expect(await end).toMatchObject({ code: 0 })
  expect(consumed(directory)).toBe('a\n')
  rmSync(directory, { recursive: true })
})
