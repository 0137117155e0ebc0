import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'
import { StormLedger, StormMember } from './support/storm-member.ts'

const memberCount = 6
const lives = 15

/** A member that comes and goes until the broker does, or its lives are over. */
async function storm(scene: ServeScene, ledger: StormLedger, seed: number): Promise<void> {
  let member = new StormMember(await scene.connect(), ledger)
  for (let life = 0; life < lives; life++) {
    // Some sleep through a rebalance, some leave as they should, some vanish and come back as others, most stay.
    await member.live(1 + ((life + seed) % 4), (life + seed) % 5 === 0 ? 250 : 0)
    if ((life + seed) % 7 === 0) await member.leave()
    if ((life + seed) % 11 === 0) member = new StormMember(await scene.connect(), ledger)
  }
}

test('whatever members and broker do, an acknowledged position is never taken back, and none is left out', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tslog-storm-'))
  const ledger = new StormLedger()
  runBinary(['-d', directory, 'topics', 'create', 't', '--partitions', String(ledger.partitionCount)])
  try {
    for (let round = 0; round < 3; round++) {
      const scene = await ServeScene.start(['--group-initial-rebalance-delay-ms', '50'], directory)
      const members = Array.from({ length: memberCount }, (_, i) => storm(scene, ledger, i))
      // The broker is killed in the midst of it, but for the last time.
      const killed = new Promise<void>((resolve) => setTimeout(resolve, 1200)).then(() =>
        round < 2 ? scene.stop('SIGKILL') : null,
      )
      const ends = await Promise.allSettled([...members, killed])
      if (round === 2) expect(ends.filter(({ status }) => status === 'rejected')).toEqual([])
      await scene.stop()
    }
    expect(ledger.complaints).toEqual([])
    expect(ledger.commits).toBeGreaterThan(100)
    for (const [partition, acknowledged] of ledger.acknowledged) {
      const processed = ledger.processed[partition]
      const missing = Array.from({ length: acknowledged }, (_, i) => i).filter((i) => processed?.has(i) !== true)
      expect(missing).toEqual([])
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}, 60_000)
