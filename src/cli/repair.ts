import { TslogError } from '../base/errors.ts'
import type { LogDirectoryOptions } from '../storage/log-directory.ts'
import { planDirectoryRepair } from '../storage/repair/directory-repair.ts'
import { planPartitionRepair } from '../storage/repair/partition-repair-plan.ts'
import type { RepairAction } from '../storage/repair/repair-action.ts'
import { refuseRepair, Repair } from '../storage/repair/repair.ts'
import type { Finding } from '../storage/verify/finding.ts'
import type { OptionsOf } from './command-spec.ts'
import { isConfirmed } from './confirmation.ts'
import type { CliContext } from './context.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import { counted, printJson, printTable, say, warn } from './results.ts'
import type { repairSpec } from './specs/repair.ts'
import { actionsTable, repairJson, type RepairResult } from './verify/repair-output.ts'
import type { VerifiedPartition } from './verify/verification.ts'
import { fileIn } from './verify/verify-output.ts'
import { verifyDirectory } from './verify.ts'

export type RepairOptions = OptionsOf<typeof repairSpec>

/** Mends a log directory: says what is to be done, asks, and does it. */
export async function repair(options: RepairOptions, context: CliContext): Promise<number> {
  const directory = await wholeDirectoryOptions(options, context)
  // What would be done to a directory of Kafka's may be asked without taking it over.
  refuseRepair({ ...directory, adopt: options.adopt || options.dryRun })
  const plan = await planAll(directory, options, context)
  const { actions } = plan
  if (actions.length > 0 && !options.dryRun) {
    if (!options.yes && !options.json) await printTable(actionsTable(directory.path, actions), options, context)
    const text = `Mend ${directory.path} in ${counted(actions.length, 'step')}?`
    if (!(await isConfirmed({ text, example: 'tslog repair --yes', yes: options.yes }, context))) {
      say('nothing was changed', options, context)
      return ExitCode.failed
    }
    return tell(carryOut(directory, plan), { options, context })
  }
  return tell({ ...plan, isDryRun: options.dryRun, failures: [] }, { options, context })
}

/** What was found, and what is to be done about it. */
interface Plan extends Pick<RepairResult, 'directory' | 'actions' | 'incurable'> {
  readonly top: readonly Finding[]
  readonly partitions: readonly VerifiedPartition[]
}

async function planAll(directory: LogDirectoryOptions, options: RepairOptions, context: CliContext): Promise<Plan> {
  const { top, partitions } = await verifyDirectory({ ...options, deep: false }, context)
  const atTop = planDirectoryRepair(directory.path, top)
  const plans = partitions.map(({ plan, report }) => planPartitionRepair(directory.fileSystem, plan, report))
  return {
    directory: directory.path,
    top,
    partitions: partitions.filter((_, at) => (plans[at]?.actions.length ?? 0) > 0),
    actions: [atTop, ...plans].flatMap(({ actions }) => actions),
    incurable: [atTop, ...plans].flatMap(({ incurable }) => incurable),
  }
}

interface Outcome extends RepairResult {
  /** The first error of a partition, when there was one. */
  readonly error?: unknown
}

function carryOut(options: LogDirectoryOptions, { directory, top, partitions, incurable }: Plan): Outcome {
  const mending = new Repair(options)
  try {
    mending.directory(top)
    const mended = partitions.map((known) => mendOne(mending, known))
    return {
      directory,
      isDryRun: false,
      actions: [...planDirectoryRepair(directory, top).actions, ...mended.flatMap(({ actions }) => actions)],
      incurable,
      failures: mended.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
      error: mended.find(({ error }) => error !== undefined)?.error,
    }
  } finally {
    mending.close()
  }
}

interface Mended {
  readonly actions: readonly RepairAction[]
  readonly failure?: RepairResult['failures'][number]
  readonly error?: TslogError
}

/** Where a partition cannot be mended now, the others can. */
function mendOne(mending: Repair, known: VerifiedPartition): Mended {
  try {
    return { actions: mending.partition(known)?.actions ?? [] }
  } catch (error) {
    if (!(error instanceof TslogError)) throw error
    const partition = `${known.plan.topic}:${known.plan.partition}`
    return { actions: [], failure: { partition, message: error.message }, error }
  }
}

interface Telling {
  readonly options: RepairOptions
  readonly context: CliContext
}

/** Says what was done, or would be, and what is left. Returns the exit code. */
async function tell(result: Outcome, { options, context }: Telling): Promise<number> {
  const { directory, actions, incurable, failures, isDryRun } = result
  if (options.json) printJson(repairJson(result), context)
  else if (isDryRun || options.yes) await printTable(actionsTable(directory, actions), options, context)
  for (const { partition, message } of failures)
    warn(`${partition} is not mended: ${message}`, { quiet: false }, context)
  for (const { path, reason } of options.json ? [] : incurable) {
    warn(`${fileIn(directory, path)} cannot be mended: ${reason}`, { quiet: false }, context)
  }
  say(summaryOf(result), options, context)
  if (result.error !== undefined) return exitCodeOf(result.error)
  return incurable.length > 0 && !isDryRun ? ExitCode.damaged : ExitCode.done
}

function summaryOf({ actions, isDryRun }: Outcome): string {
  if (actions.length === 0) return 'nothing to repair'
  return isDryRun ? `${counted(actions.length, 'step')} would be done` : `mended in ${counted(actions.length, 'step')}`
}
