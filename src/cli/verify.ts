import { availableParallelism } from 'node:os'
import { DirectoryCheck } from '../storage/verify/directory-check.ts'
import type { Finding } from '../storage/verify/finding.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { ExitCode } from './exit-code.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import { progressLineOf, showStatusOnSignal } from './progress.ts'
import { printJson, printTable, say, warn } from './results.ts'
import { partitionList, selectedPartitions } from './selected-partitions.ts'
import type { verifySpec } from './specs/verify.ts'
import { type VerifiedPartition, verifyPartitions } from './verify/verification.ts'
import { damageCount, findingsTable, type Verified, verifiedJson, verifiedText } from './verify/verify-output.ts'

export type VerifyOptions = OptionsOf<typeof verifySpec>

/** Looks for damage in a log directory, and changes nothing. */
export async function verify(options: VerifyOptions, context: CliContext): Promise<number> {
  const verified = verifiedOf(await verifyDirectory(options, context))
  if (options.json) printJson(verifiedJson(verified), context)
  else await printTable(findingsTable(verified, options.verbose), options, context)
  const damages = damageCount(verified)
  const text = verifiedText(verified)
  if (damages === 0) say(text, options, context)
  else if (!options.json) warn(text, options, context)
  return damages === 0 ? ExitCode.done : ExitCode.damaged
}

/** What of a command's options says what is verified. */
export type VerificationScope = Pick<
  VerifyOptions,
  'dir' | 'bootstrapServer' | 'quiet' | 'topics' | 'partition' | 'deep'
>

/** What was found in a log directory, by the top level and by partition. */
export interface VerifiedDirectory {
  readonly directory: string
  readonly top: readonly Finding[]
  readonly partitions: readonly VerifiedPartition[]
  readonly elapsedMs: number
}

/** The same as a verification tells it. */
function verifiedOf({ directory, top, partitions, elapsedMs }: VerifiedDirectory): Verified {
  const reports = partitions.map(({ report }) => report)
  return { directory, partitions: reports, findings: [...top, ...reports.flatMap((one) => one.findings)], elapsedMs }
}

/** Verifies what the options name, with a line of progress on a terminal. */
export async function verifyDirectory(options: VerificationScope, context: CliContext): Promise<VerifiedDirectory> {
  const directory = await wholeDirectoryOptions(options, context)
  const startedMs = performance.now()
  const check = new DirectoryCheck(directory)
  try {
    const line = progressLineOf(context, options)
    using _ = showStatusOnSignal(line)
    const partitions = await verifyPartitions(check, chosenPartitions(check, options), {
      fileSystem: directory.fileSystem,
      isDeep: options.deep,
      threads: Math.min(availableParallelism(), threadsMax) - 1,
      onProgress: (progress) => line.update(progress),
    })
    line.clear()
    return { directory: directory.path, top: check.findings, partitions, elapsedMs: performance.now() - startedMs }
  } finally {
    check.close()
  }
}

/** More threads than this read faster than most disks give. */
const threadsMax = 4

function chosenPartitions(
  check: DirectoryCheck,
  { topics, partition }: VerificationScope,
): ReturnType<DirectoryCheck['partitions']> {
  const list = partitionList(partition)
  const all = check.partitions(topics)
  if (list === undefined) return all
  const names = new Set(all.map(({ topic }) => topic))
  const chosen = new Set<string>()
  for (const name of names) {
    for (const number of selectedPartitions({ name, partitionCount: check.partitionCount(name) }, list)) {
      chosen.add(`${name} ${number}`)
    }
  }
  return all.filter((one) => chosen.has(`${one.topic} ${one.partition}`))
}
