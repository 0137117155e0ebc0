import { describe, expect, test } from 'vitest'
import { leaderEpoch, offset } from '../../../src/base/brands.ts'
import { LockTimeoutError } from '../../../src/base/errors.ts'
import { PushedOffsetsFile } from '../../../src/cli/replicate/pushed-offsets.ts'
import { MemoryFileSystem } from '../../../src/disk/memory-file-system.ts'

const topic = 'YArooRG8TOWooeO5AcAW_Q'
const other = 'O81jsG90S3euBGqbLFQ4kQ'
const pushed = (source: number) => ({ source: offset(source), target: offset(source), leaderEpoch: leaderEpoch(2) })

function directory(): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/log')
  return fileSystem
}

describe('runs that send from one directory at the same time', () => {
  const wait = { waitMs: 100, pause: async () => undefined }

  test('note what each has sent, and none takes away what another noted', () => {
    const fileSystem = directory()
    const [one, two] = [new PushedOffsetsFile(fileSystem, '/log'), new PushedOffsetsFile(fileSystem, '/log')]
    one.set(topic, 0, pushed(10))
    one.save()
    two.set(other, 3, pushed(20))
    two.save()
    const read = new PushedOffsetsFile(fileSystem, '/log')
    expect(read.get(topic, 0)).toEqual(pushed(10))
    expect(read.get(other, 3)).toEqual(pushed(20))
  })

  test('send to one topic of a cluster after one another, and go on where the first one was', async () => {
    const fileSystem = directory()
    const [one, two] = [new PushedOffsetsFile(fileSystem, '/log'), new PushedOffsetsFile(fileSystem, '/log')]
    const held = await one.hold(topic, wait)
    await expect(two.hold(topic, wait)).rejects.toThrow(LockTimeoutError)
    using _ = await two.hold(other, wait)
    one.set(topic, 0, pushed(10))
    one.save()
    held[Symbol.dispose]()
    const again = await two.hold(topic, wait)
    expect(two.get(topic, 0)).toEqual(pushed(10))
    await expect(one.hold(topic, wait)).rejects.toThrow(LockTimeoutError)
    again[Symbol.dispose]()
    // None of the locks is left but that of the other topic, and the file's own.
    expect(
      fileSystem
        .list('/log')
        ?.map(({ name }) => name)
        .filter((name) => name.endsWith('.lock')),
    ).toEqual([`tslog-pushed-${other}.lock`, 'tslog-pushed.lock'])
  })
})
