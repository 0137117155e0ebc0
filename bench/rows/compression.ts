import type { Row } from '../row.ts'
import { isInstalled, quote } from '../shell.ts'
import { produced } from './ingest.ts'

/** A codec in the log against the codec's own tool on the same lines. lz4 and gzip tools use one core, tslog may use two. */
export const compressionRows: readonly Row[] = [
  versusTool('compress-zstd', { codec: 'zstd:1', tool: 'zstd -q -1 -T2' }, { must: 1.3, hopedFor: 1.1 }),
  versusTool('compress-lz4', { codec: 'lz4', tool: 'lz4 -q -1' }, { must: 0.9 }),
  versusTool('compress-gzip', { codec: 'gzip:1', tool: 'gzip -1' }, { must: 0.5 }),
]

function versusTool(
  name: string,
  { codec, tool }: { codec: string; tool: string },
  bar: { must: number; hopedFor?: number },
): Row {
  const [command = tool] = tool.split(' ')
  return {
    name,
    limit: `the ${command} tool writing one compressed file`,
    goal: { figure: 'time', ...bar },
    async start(bench) {
      if (!isInstalled(command)) return { kind: 'skipped', reason: `${command} is not installed` }
      const input = await bench.input('access')
      const rival = {
        label: `cat f | ${tool} > g`,
        prepare: 'rm -rf log g',
        script: `cat ${quote(input)} | ${tool} > g`,
      }
      return produced(bench, input, { flags: `--fsync never -z ${codec}`, rival })
    },
  }
}
