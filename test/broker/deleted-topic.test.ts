import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BinaryRunner, outcome } from '../support/binary-runner.ts'
import { ServeScene } from './serve-scene.ts'

test('a producer whose topic is deleted ends with 3, at rest as under a server, instead of trying for minutes', async () => {
  const tslog = new BinaryRunner(mkdtempSync(join(tmpdir(), 'tslog-deleted-topic-')))
  const endAfterDeletion = async (): Promise<number | null> => {
    const child = tslog.start(['produce', 'doomed'])
    child.stdin?.write('one\n')
    await expect.poll(() => tslog.run(['consume', 'doomed']).stdout.toString()).toBe('one\n')
    expect(tslog.run(['topics', 'delete', 'doomed', '--yes']).code).toBe(0)
    child.stdin?.end('two\n')
    const { code, stderr } = await outcome(child)
    expect(stderr).toContain('was deleted')
    return code
  }
  try {
    expect(await endAfterDeletion()).toBe(3)
    const server = await ServeScene.start([], tslog.directory)
    expect(await endAfterDeletion()).toBe(3)
    await server.stop()
  } finally {
    rmSync(tslog.directory, { recursive: true, force: true })
  }
})
