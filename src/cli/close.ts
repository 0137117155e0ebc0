import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { type CleanClose, closeCleanly } from '../storage/clean-close.ts'
import { refuseServed } from '../storage/serve-lock.ts'
import { ExitCode } from './exit-code.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import { counted, printJson, say, warn } from './results.ts'
import type { closeSpec } from './specs/close.ts'

export type CloseOptions = OptionsOf<typeof closeSpec>

/** Makes the directory ready for Apache Kafka. */
export async function close(options: CloseOptions, context: CliContext): Promise<number> {
  const directory = await wholeDirectoryOptions(options, context)
  refuseServed(directory.fileSystem, directory.path)
  const closed = await closeCleanly(directory)
  report(directory.path, closed, { options, context })
  return closed.isClean ? ExitCode.done : ExitCode.damaged
}

function report(
  path: string,
  { partitions, isClean }: CleanClose,
  { options, context }: { readonly options: CloseOptions; readonly context: CliContext },
): void {
  for (const { damages } of partitions) for (const damage of damages) warn(damage, { quiet: false }, context)
  if (!isClean)
    warn(`${path} is not marked as cleanly shut down: Kafka would cut damaged logs`, { quiet: false }, context)
  if (options.json) {
    printJson({ directory: path, isClean, partitions: partitions.map((one) => ({ ...one })) }, context)
    return
  }
  for (const { topic, partition, logStartOffset, logEndOffset, segmentCount } of options.verbose ? partitions : []) {
    const offsets = `offsets ${logStartOffset} to ${logEndOffset}`
    say(`closed ${topic}:${partition}, ${offsets}, ${counted(segmentCount, 'segment')}`, options, context)
  }
  if (isClean)
    say(`${path} with ${counted(partitions.length, 'partition')} is ready for Apache Kafka`, options, context)
}
