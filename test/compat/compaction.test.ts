import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/base/brands.ts'
import { seededRandom } from '../../src/base/random.ts'
import { Dice } from '../../src/disk/dice.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { CleaningPass } from '../../src/storage/cleaning-pass.ts'
import { createCleanerKernel } from '../../src/storage/kernel/cleaner-kernel.ts'
import { PartitionLog } from '../../src/storage/partition-log.ts'
import { emptyCounts } from '../../src/storage/segment-cleaner.ts'
import { listSegments } from '../../src/storage/segment-list.ts'
import { resolveTopicConfig } from '../../src/storage/topic-configs.ts'
import type { LogFacts } from '../support/kafka/facts.ts'
import { type AppendStep, fixture, fixtureTime, type RecordToWrite, type Step } from '../support/kafka/fixtures.ts'
import { kafkaMissing } from '../support/kafka/home.ts'
import { OracleScene } from '../support/kafka/oracle-scene.ts'

const missing = kafkaMissing()
const partition = { topic: 't', partition: 0, topicId: 'Hs90tWp_R6eBL1GlKHVOow' }
const deleteRetentionMs = 5000
const config = { 'delete.retention.ms': String(deleteRetentionMs) }
/** Tombstones have their time set in the first, still have it in the second, and it is over in the third. */
const passes = [1000n, 2000n, 10_000n].map((ms) => fixtureTime + ms)

describe.skipIf(missing !== undefined)(`the cleaner of the real Kafka ${missing ?? ''}`, () => {
  const scene = new OracleScene()

  /** What Kafka says of a partition: all of it, but for what another compressor changes. */
  async function factsOf(dir: string, now: bigint): Promise<unknown> {
    const copy = `${dir}.seen`
    cpSync(dir, copy, { recursive: true })
    const [records] = await scene.oracle.dumpRecords(join(copy, 't-0'))
    const facts = await scene.oracle.loadLog(join(copy, 't-0'), { clean: false, config, now })
    rmSync(copy, { recursive: true })
    return [records, comparable(facts)]
  }

  test.each(Array.from({ length: 4 }, (_, i) => i + 1))(
    'leaves the same log as ours, pass by pass: random log %i',
    async (seed) => {
      const steps = randomSteps(new Dice(seededRandom(seed)))
      const ours = join(scene.home, `ours-${seed}`)
      await scene.oracle.writeDirectory(ours, { config, now: fixtureTime, partitions: [{ ...partition, steps }] })
      for (const [i, now] of passes.entries()) {
        const theirs = join(scene.home, `theirs-${seed}-${i}`)
        const compacted = [...steps, ...passes.slice(0, i + 1).map((at): Step => ({ do: 'compact', now: at }))]
        await scene.oracle.writeDirectory(theirs, {
          config,
          now: fixtureTime,
          partitions: [{ ...partition, steps: compacted }],
        })
        await clean(ours, Number(now))
        expect(await factsOf(ours, fixtureTime), `pass ${i + 1}`).toEqual(await factsOf(theirs, fixtureTime))
      }
    },
  )
  test('leaves the same records of magic 0 and 1, which ours writes as magic 2', async () => {
    const { partitions } = fixture('legacy')
    const steps = [
      ...(partitions[0]?.steps ?? []),
      { do: 'roll' } as const,
      { do: 'append', records: [{ key: text('k') }] } as const,
    ]
    const write = { config, now: fixtureTime }
    const [ours, theirs] = [join(scene.home, 'ours-legacy'), join(scene.home, 'theirs-legacy')]
    await scene.oracle.writeDirectory(ours, { ...write, partitions: [{ ...partition, steps }] })
    const compacted = [...steps, { do: 'compact', now: passes[0] ?? 0n } as const]
    await scene.oracle.writeDirectory(theirs, { ...write, partitions: [{ ...partition, steps: compacted }] })
    await clean(ours, Number(passes[0]))
    const [our = [], their = []] = await scene.oracle.dumpRecords(join(ours, 't-0'), join(theirs, 't-0'))
    expect(our).toEqual(their)
    expect(our.length).toBeLessThan(15)
  })
})

/** One pass of ours over all closed segments, as the oracle does it. */
async function clean(dir: string, now: number): Promise<void> {
  const fileSystem = new NodeFileSystem()
  const resolved = resolveTopicConfig(new Map(Object.entries(config)))
  const log = new PartitionLog({
    fileSystem,
    clock: { now: () => now },
    logDirectory: dir,
    topic: 't',
    partition: 0,
    config: resolved,
    lockWaitMs: 1000,
  })
  try {
    const { logStartOffset } = log.offsets()
    const kernel = createCleanerKernel({ mapBytes: 1024 * 1024, secret: new Uint8Array(16) })
    const endOffset = listSegments(fileSystem, log.directory).at(-1) ?? offset(0n)
    const common = { fileSystem, clock: { now: () => now }, lockWaitMs: 1000, kernel, onBytes: () => undefined }
    const options = { ...common, config: resolved, now, counts: emptyCounts() }
    await new CleaningPass(log, options, { firstDirtyOffset: logStartOffset, endOffset }).run()
  } finally {
    log.close()
  }
}

/** A compressed batch that was written anew has another size and checksum with every compressor. */
function comparable({ segments, ...facts }: LogFacts): unknown {
  const isPlain = segments.every(({ batches }) => batches.every(({ codec }) => codec === 'none'))
  if (isPlain) return { ...facts, segments }
  return {
    ...facts,
    segments: segments.map(({ baseOffset, largestTimestamp, abortedTransactions, batches }) => ({
      baseOffset,
      largestTimestamp,
      abortedTransactions,
      batches: batches.map(({ position: _position, size: _size, crc: _crc, ...batch }) => batch),
    })),
  }
}

/** Appends of several producers, transactions that end one way or the other, tombstones, records without a key, rolls. */
function randomSteps(dice: Dice): Step[] {
  const isPlain = dice.oneIn(2)
  const codecs = isPlain ? (['none'] as const) : (['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
  const sequences = [0, 0, 0, 0]
  const open = new Set<number>()
  const steps: Step[] = []
  let time = 0n
  const record = (): RecordToWrite => ({
    key: dice.oneIn(12) ? null : text(`key ${dice.below(6)}`),
    value: dice.oneIn(4) ? null : text(`value ${steps.length} ${'.'.repeat(dice.below(30))}`),
    timestamp: fixtureTime + (time += BigInt(dice.below(20))) - BigInt(dice.below(5)),
    ...(dice.oneIn(5) && { headers: [{ key: 'h', value: null }] }),
  })
  for (let i = 0; i < 40; i++) {
    const id = dice.below(4)
    const codec = codecs[dice.below(codecs.length)] ?? 'none'
    const records = Array.from({ length: 1 + dice.below(5) }, record)
    const isTransactional = id >= 2
    const producer: Partial<AppendStep> = {
      producerId: BigInt(100 + id),
      producerEpoch: 0,
      baseSequence: sequences[id] ?? 0,
      isTransactional,
    }
    if (isTransactional && open.has(id) && dice.oneIn(3)) {
      open.delete(id)
      const type = dice.oneIn(2) ? 'ABORT' : 'COMMIT'
      steps.push({ do: 'marker', type, producerId: BigInt(100 + id), producerEpoch: 0, timestamp: fixtureTime + time })
    } else if (dice.oneIn(6)) steps.push({ do: 'roll' })
    else if (dice.oneIn(3)) steps.push({ do: 'append', records, codec })
    else {
      sequences[id] = (sequences[id] ?? 0) + records.length
      if (isTransactional) open.add(id)
      steps.push({ do: 'append', records, codec, ...producer })
    }
  }
  for (const id of open) steps.push({ do: 'marker', type: 'ABORT', producerId: BigInt(100 + id), producerEpoch: 0 })
  return [...steps, { do: 'roll' }, { do: 'append', records: [record()] }]
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}
