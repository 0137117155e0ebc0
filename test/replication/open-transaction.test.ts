import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { LogDirectory } from '../../src/storage/log-directory.ts'
import { altered, clientBatch, sequenced } from '../broker/requests.ts'
import { ServeScene } from '../broker/serve-scene.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

/** A topic with one batch of a transaction that nobody ends. */
function makeOpenTransaction(path: string): void {
  const fileSystem = new NodeFileSystem()
  const directory = LogDirectory.openToWrite({
    fileSystem,
    clock: systemClock,
    random: systemRandom,
    lockWaitMs: 0,
    path,
  })
  directory.createTopic({ name: 'app', partitionCount: 1, configs: new Map() })
  const batch = sequenced(clientBatch(['of somebody else']), 0, 7n)
  directory.openLog({ topic: 'app', partition: 0 }).append(
    altered(batch, (view) => view.setInt16(21, 0x10)),
    'never',
  )
  directory.close()
}

test('records that were sent to kafka:// behind a transaction of others that is open are not sent again', async () => {
  const replica = new ReplicaScene()
  const there = join(replica.home, 'there')
  makeOpenTransaction(there)
  const scene = await ServeScene.start([], there)
  onTestFinished(() => scene.remove())
  const push = (): number => {
    const run = replica.source.run(['replicate', 'app', '--json', `kafka://${scene.address}`])
    return (JSON.parse(run.stdout.toString()) as { records: number }).records
  }
  replica.source.produce('app', lines(10))
  expect(push()).toBe(10)
  const noted = join(replica.source.directory, 'tslog-pushed.json')
  const early = readFileSync(noted)
  replica.source.produce('app', lines(5, 'more-'))
  expect(push()).toBe(5)
  // As if the run had been killed before it could note how far it was.
  writeFileSync(noted, early)
  expect(push()).toBe(0)
})
