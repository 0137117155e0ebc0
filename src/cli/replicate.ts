import { ServedError } from '../base/errors.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { exitCodeOf, ExitCode } from './exit-code.ts'
import { directoryOptions } from './open-store.ts'
import { progressLineOf, showStatusOnSignal } from './progress.ts'
import { type ReplicateOptions, replicatePlan } from './replicate/plan.ts'
import { ReplicationRun } from './replicate/replication-run.ts'
import { RunOutput } from './replicate/run-output.ts'
import { say } from './results.ts'
import { exitCodeOfSignal, SignalWatch } from './signals.ts'

/** `tslog replicate`: brings a copy to where its source is. Resolves to the exit code; throws what the user must hear. */
export async function replicate(options: ReplicateOptions, context: CliContext): Promise<number> {
  const plan = replicatePlan(options)
  const local = directoryOptions(options, context)
  if (plan.request.overwritesDiverged && !plan.request.isDryRun && !(await isConfirmed(question(options), context))) {
    say('nothing was changed', options, context)
    return 1
  }
  using signals = new SignalWatch()
  const progress = progressLineOf(context, options)
  using _ = showStatusOnSignal(progress)
  const output = new RunOutput(options, context, progress)
  // Where a server has come meanwhile the next try goes through that.
  const mayPass = (error: unknown): boolean => exitCodeOf(error) === ExitCode.temporary || error instanceof ServedError
  try {
    await new ReplicationRun(plan, { context, local, stop: signals.stop, mayPass }, output).all()
  } catch (error) {
    // Stopped by a signal at a border of batches; what was copied is on the disk.
    if (!signals.stop.aborted) throw error
  } finally {
    progress.clear()
  }
  await output.end()
  const signal = signals.pending()
  return signal === undefined ? 0 : exitCodeOfSignal[signal]
}

function question({ operands, yes, from, keep }: ReplicateOptions): Parameters<typeof isConfirmed>[0] {
  // Flags without which it would be another copy that is overwritten, or more of it.
  const flags = `${from ? ' --from' : ''}${keep ? ' --keep' : ''}`
  return {
    text: 'Give up what only the copy has, where it has diverged?',
    example: `tslog replicate ${operands.join(' ')}${flags} --overwrite-diverged --yes`,
    yes,
  }
}
