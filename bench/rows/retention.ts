import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Row } from '../row.ts'
import { isInstalled, quote, runBash } from '../shell.ts'
import { memory } from './memory.ts'

const repeats = 10
const partitions = 100
const segmentsPerPartition = 100
const dueSegments = 10
/** What the slowest level takes in minutes, and half a minute where only memory counts; more would say the same. */
const recompressedBytesMax = 100_000_000
const watchedBytesMax = 24_000_000

/** A plan over 10,000 segments, a tenth of which is due; recompressing against the codec's own tool on the same bytes. */
export const retentionRows: readonly Row[] = [
  {
    name: 'retention-dry-run',
    limit: 'the start of tslog itself',
    goal: { figure: 'extraMs', must: 80, hopedFor: 40 },
    async start(bench) {
      const tslog = quote(bench.tslog)
      runBash(
        `${tslog} topics create t --partitions ${partitions} -c segment.ms=9223372036854775807`,
        bench.surroundings,
      )
      for (let n = 0; n < partitions; n++) fill(join(bench.work, 'log', `t-${n}`))
      return {
        kind: 'duel',
        tslog: { label: 'tslog retention --dry-run', script: again(`${tslog} retention --dry-run`), repeats },
        rival: { label: 'tslog --version', script: again(`${tslog} --version`), repeats },
        check: `test "$(${tslog} retention --dry-run | wc -l)" = ${partitions * dueSegments}`,
      }
    },
  },
  {
    name: 'retention-recompress',
    limit: 'the zstd tool at the same level, on the same bytes',
    goal: { figure: 'time', must: 1.2, hopedFor: 1 },
    async start(bench) {
      if (!isInstalled('zstd')) return { kind: 'skipped', reason: 'zstd is not installed' }
      const prepare = await preparation(bench)
      const recompress = `${quote(bench.tslog)} retention --recompress zstd:19`
      return {
        kind: 'duel',
        tslog: { label: 'tslog retention --recompress zstd:19', prepare, script: recompress },
        rival: { label: 'zstd -19 -T2 f', prepare, script: 'zstd -q -f -19 -T2 closed -o closed.zst' },
        check: `test "$(${quote(bench.tslog)} consume t | cmp - lines && echo same)" = same`,
      }
    },
  },
  memory('memory-retention', {
    label: 'tslog retention --yes, all but a megabyte goes',
    must: 120,
    prepare: (tslog, input) =>
      `${tslog} topics create t -c segment.bytes=1000000 -c retention.bytes=1000000; ${tslog} produce t --fsync never < ${input}`,
    script: (tslog) => `{ echo $BASHPID >&3; exec ${tslog} retention --yes; }`,
  }),
  memory('memory-recompress', {
    label: 'tslog retention --recompress zstd:19',
    must: 120,
    prepare: (tslog, input) =>
      `${tslog} topics create t -c segment.bytes=4000000 -c retention.ms=-1; ${wholeLines(input, watchedBytesMax)} | ${tslog} produce t`,
    script: (tslog) => `{ echo $BASHPID >&3; exec ${tslog} retention --recompress zstd:19; }`,
  }),
]

/** The beginning of a file, without the line that is cut. */
function wholeLines(input: string, bytesMax: number): string {
  return `head -c ${bytesMax} ${input} | head -n -1`
}

/** A log of closed segments, and their bytes as one file for the tool. */
async function preparation(bench: Bench): Promise<string> {
  const input = quote(await bench.input('access'))
  const tslog = quote(bench.tslog)
  return [
    'rm -rf log closed closed.zst',
    `${wholeLines(input, recompressedBytesMax)} > lines`,
    `${tslog} topics create t -c segment.bytes=4000000 -c retention.ms=-1`,
    `${tslog} produce t < lines`,
    'ls log/t-0/*.log | head -n -1 | xargs cat > closed',
  ].join('; ')
}

/** Segments of one batch each, as another writer would have left them: the first are years old, the others of today. */
function fill(partition: string): void {
  for (const file of readdirSync(partition)) {
    if (/\.(log|index|timeindex|snapshot|lock)$/.test(file)) rmSync(join(partition, file))
  }
  for (let n = 0; n < segmentsPerPartition; n++) {
    const time = n < dueSegments ? Date.UTC(2020) : Date.now()
    const stem = join(partition, String(n * recordsPerBatch).padStart(20, '0'))
    writeFileSync(`${stem}.log`, batchAt(n * recordsPerBatch))
    writeFileSync(`${stem}.index`, '')
    writeFileSync(`${stem}.timeindex`, timeEntry(time))
  }
}

const recordsPerBatch = 2
const batchBytes = 81

/** What a look at a segment sees of it: a head of the right length. Nobody reads the records. */
function batchAt(baseOffset: number): Buffer {
  const batch = Buffer.alloc(batchBytes)
  batch.writeBigInt64BE(BigInt(baseOffset))
  batch.writeInt32BE(batchBytes - 12, 8)
  batch.writeInt8(2, 16)
  batch.writeInt32BE(recordsPerBatch - 1, 23)
  batch.writeBigInt64BE(BigInt(Date.now()), 35)
  return batch
}

function timeEntry(timestamp: number): Buffer {
  const entry = Buffer.alloc(12)
  entry.writeBigInt64BE(BigInt(timestamp))
  entry.writeInt32BE(recordsPerBatch - 1, 8)
  return entry
}

function again(command: string): string {
  return `for n in {1..${repeats}}; do ${command} > /dev/null; done`
}
