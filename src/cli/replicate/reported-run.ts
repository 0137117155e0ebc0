import { DiskError, ServedError, TemporaryError } from '../../base/errors.ts'
import type { CliContext } from '../context.ts'
import { exitCodeOf, ExitCode } from '../exit-code.ts'
import { directoryOptions } from '../open-store.ts'
import { progressLineOf, showStatusOnSignal } from '../progress.ts'
import { exitCodeOfSignal, SignalWatch } from '../signals.ts'
import type { ReplicateOptions, ReplicatePlan } from './plan.ts'
import { ReplicationRun } from './replication-run.ts'
import { RunOutput } from './run-output.ts'
import type { SshProcess } from './ssh-process.ts'

/** What a command line asks for, and what was begun of it. */
export interface BegunRun {
  readonly options: ReplicateOptions
  readonly plan: ReplicatePlan
  readonly ssh: SshProcess | undefined
}

/** Runs a replication and tells the user of it. Resolves to the exit code; throws what the user must hear. */
export async function reportedRun({ options, plan, ssh }: BegunRun, context: CliContext): Promise<number> {
  const local = directoryOptions(options, context)
  using signals = new SignalWatch()
  const progress = progressLineOf(context, options)
  using _ = showStatusOnSignal(progress)
  const output = new RunOutput(options, context, progress)
  // Where a server has come meanwhile the next try goes through that.
  const mayPass = (error: unknown): boolean => exitCodeOf(error) === ExitCode.temporary || error instanceof ServedError
  try {
    await new ReplicationRun(plan, { context, local, ssh, stop: signals.stop, mayPass }, output).all()
  } catch (error) {
    // Stopped by a signal at a border of batches; what was copied is on the disk.
    if (!signals.stop.aborted) throw withWayOut(error)
  } finally {
    progress.clear()
  }
  await output.end()
  const signal = signals.pending()
  return signal === undefined ? 0 : exitCodeOfSignal[signal]
}

/** A full disk of this side; that of the other side has told what to do by itself. */
function withWayOut(error: unknown): unknown {
  if (!(error instanceof DiskError) || !error.isOutOfSpace) return error
  return new TemporaryError(error.message, { cause: error, hint: 'make room there and run the command again' })
}
