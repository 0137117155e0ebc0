import { UsageError } from '../base/errors.ts'
import { createKernel } from '../record/kernel/kernel.ts'
import { kernelBatchWindow } from '../record/batch-window.ts'
import { loadKafkaImport } from '../storage/kafka-import.ts'
import type { LogDirectoryOptions } from '../storage/log-directory.ts'
import { DirectoryStore } from '../store/directory-store.ts'
import type { LogStore } from '../store/log-store.ts'
import type { CliContext } from './context.ts'
import { locationFiles } from './location-files.ts'
import { resolveLocation } from './location.ts'
import { writeMessage } from './standard-streams.ts'

/** What a command line says of where the log is; part of every command's options. */
export interface StoreOptions {
  readonly dir: string | undefined
  readonly bootstrapServer: string | undefined
  readonly quiet?: boolean
  readonly adopt?: boolean
}

/** How long a command waits for another writer of the same partition, in ms: far longer than any append or sync takes. */
const lockWaitMs = 30_000

/** Memory for recovery: the fastest CRC, over windows that hold any ordinary batch. */
const recoveryWindowBytes = 1024 * 1024

/** The log that a command works on. Nothing is opened yet: a missing directory is said by the first question. */
export function openStore(options: StoreOptions, context: CliContext): LogStore {
  return new DirectoryStore(directoryOptions(options, context))
}

/** `directoryOptions` for a command that opens the directory itself: with what it takes when it is Kafka's. */
export async function wholeDirectoryOptions(options: StoreOptions, context: CliContext): Promise<LogDirectoryOptions> {
  const directory = directoryOptions(options, context)
  return { ...directory, kafka: await loadKafkaImport(directory.fileSystem, directory.path) }
}

/** The directory that a command works on, with all it takes to open it. Throws `UsageError` when brokers are named. */
export function directoryOptions(options: StoreOptions, context: CliContext): LogDirectoryOptions {
  const { dir, bootstrapServer } = options
  const { environment, cwd, clock, random } = context
  const location = resolveLocation({
    flags: { dir, bootstrapServer },
    environment,
    cwd,
    files: locationFiles(context.fileSystem()),
  })
  const warn = (text: string): void => {
    if (options.quiet !== true) writeMessage(context.stderr, `tslog: ${text}\n`)
  }
  for (const warning of location.warnings) warn(warning)
  if (location.kind === 'brokers') {
    throw new UsageError('this version works on directories only, not on brokers', {
      hint: 'name a log directory: -d DIR or TSLOG_DIR',
    })
  }
  return {
    fileSystem: context.fileSystem(),
    clock,
    random,
    path: location.path,
    lockWaitMs,
    adopt: options.adopt === true,
    makeWindow: () => kernelBatchWindow(createKernel({ memoryBytes: recoveryWindowBytes })),
    onWarning: warn,
  }
}
