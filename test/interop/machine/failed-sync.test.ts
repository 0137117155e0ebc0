import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BinaryRunner } from '../../support/binary-runner.ts'
import { skippedFor } from '../../support/require-tool.ts'
import { deviceMissing, FailingDevice } from './failing-device.ts'

const missing = skippedFor(deviceMissing())

async function deviceOfTest(): Promise<FailingDevice> {
  const home = mkdtempSync(join(tmpdir(), 'tslog-device-'))
  const device = new FailingDevice(home)
  onTestFinished(async () => {
    device.failOn(undefined)
    await device.detach()
    rmSync(home, { recursive: true, force: true })
  })
  await device.attach()
  return device
}

/** Many pages, so that whole ones are lost and not only the one that the next append writes again. */
const lines = (name: string): string[] => Array.from({ length: 400 }, (_, n) => `${name}-${n} ${'.'.repeat(90)}`)

describe.skipIf(missing)('a disk that fails one sync and is well again', () => {
  test.each(['batch', 'exit'])('costs nothing that was acknowledged (--fsync %s)', async (policy) => {
    const device = await deviceOfTest()
    const log = new BinaryRunner(join(device.path, 'log'))
    const produce = (name: string): number | null =>
      log.produce('t', lines(name), '--fsync', policy, '--batch-size', '4000').code
    expect(produce('before')).toBe(0)
    device.failOn('POISON')
    const failed = log.produce('t', lines('POISON'), '--fsync', policy, '--batch-size', '4000')
    expect(failed.stderr).toMatch(/cannot sync .*\(EIO\)/)
    expect(failed.code).toBe(1)
    device.failOn(undefined)
    expect(produce('after')).toBe(0)

    const seen = log.values('t')
    await device.detach()
    await device.attach()
    // What is read now is what the disk has.
    expect(log.values('t')).toEqual(seen)
    expect(seen.slice(0, 400)).toEqual(lines('before'))
    expect(seen.slice(-400)).toEqual(lines('after'))
    expect(log.run(['verify']).code).toBe(0)
    expect(produce('later')).toBe(0)
    expect(log.values('t')).toEqual([...seen, ...lines('later')])
  })
})
