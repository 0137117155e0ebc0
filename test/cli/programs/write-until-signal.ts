import { writeSync } from 'node:fs'
import { OutputStream } from '../../../src/cli/output.ts'
import { SignalWatch } from '../../../src/cli/signals.ts'

// Writes lines until a signal comes, though the reader may be asleep; then flushes, and says on stderr how many lines it were.
using watch = new SignalWatch()
const output = new OutputStream()
writeSync(2, 'writing\n')
const line = new TextEncoder().encode(`${'x'.repeat(99)}\n`)
let lines = 0
while (watch.pending() === undefined) {
  for (let i = 0; i < 1000 && !output.isInterrupted; i++, lines++) output.write(line)
  await watch.turn()
  if (output.isInterrupted && watch.pending() === undefined) output.flush()
}
writeSync(2, 'stopping\n')
while (!output.flush()) await watch.turn()
writeSync(2, `${lines} ${watch.pending()}\n`)
