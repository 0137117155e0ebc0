import type { CliContext } from '../context.ts'
import type { OutputStream } from '../output.ts'
import { writeMessage } from '../standard-streams.ts'
import type { RecordTally } from './batch-printer.ts'

interface Printed {
  readonly tally: RecordTally
  readonly output: OutputStream
}

/** One line on stderr for each SIGUSR1, which then ends nothing: what was printed since the call, and how fast. Until disposed. */
export function tellPrintedOnSignal({ tally, output }: Printed, context: CliContext): Disposable {
  const startedMs = context.clock.now()
  const tell = async (): Promise<void> => {
    // Loaded when it is asked for: the start of a hot command does not pay for it.
    const { progressText } = await import('../progress.ts')
    const facts = { bytes: output.bytesSent, records: tally.printed }
    writeMessage(context.stderr, `${progressText(facts, context.clock.now() - startedMs)}\n`)
  }
  const handler = (): void => void tell()
  process.on('SIGUSR1', handler)
  return { [Symbol.dispose]: () => void process.off('SIGUSR1', handler) }
}
