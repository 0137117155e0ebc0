import { UsageError } from '../base/errors.ts'
import { createKernel } from '../record/kernel/kernel.ts'
import { kernelBatchWindow } from '../record/batch-window.ts'
import { loadKafkaImport } from '../storage/kafka-import.ts'
import type { LogDirectoryOptions } from '../storage/log-directory.ts'
import { isServed } from '../storage/serve-lock.ts'
import { DirectoryStore } from '../store/directory-store.ts'
import type { DirectoryWriting } from '../store/directory-writing.ts'
import { LocalStore } from '../store/local-store.ts'
import type { LogStore } from '../store/log-store.ts'
import type { CliContext } from './context.ts'
import { settingsQuery } from './location-files.ts'
import { type Location, resolveLocation } from './location.ts'
import { writeMessage } from './standard-streams.ts'

/** What a command line says of where the log is; part of every command's options. */
export interface StoreOptions {
  readonly dir: string | undefined
  readonly bootstrapServer: string | undefined
  readonly quiet?: boolean
  readonly adopt?: boolean
  /** What brokers must have done with a batch before they answer; all in-sync replicas have it by default. */
  readonly acks?: '0' | '1' | 'all'
}

/** How long a command waits for another writer of the same partition, in ms: far longer than any append or sync takes. */
const lockWaitMs = 30_000

/** Memory for recovery: the fastest CRC, over windows that hold any ordinary batch. */
const recoveryWindowBytes = 1024 * 1024

/**
 * The log that a command works on. Nothing is opened yet: what is missing is said by the first question. `writing`: from a command that is sure to
 * write; else it is loaded when something is to be written.
 */
export async function openStore(
  options: StoreOptions,
  context: CliContext,
  writing?: DirectoryWriting,
): Promise<LogStore> {
  const location = locate(options, context)
  if (location.kind === 'directory') return openLocalStore(optionsFor(location.path, options, context), writing)
  if (options.adopt === true)
    throw new UsageError('--adopt is for a log directory, not for brokers', { hint: 'leave it out' })
  const { openBrokerStore } = await import('./open-broker-store.ts')
  const { withheldSecurity } = await import('./client-security.ts')
  const withheld = withheldSecurity(location.source, context)
  if (withheld !== undefined) warn(withheld, options, context)
  return openBrokerStore(location, options.acks, context)
}

/** A directory, whether a server holds it or not; the code for that is loaded when one does. */
function openLocalStore(directory: LogDirectoryOptions, writing: DirectoryWriting | undefined): LogStore {
  const { fileSystem, path } = directory
  return new LocalStore({
    path,
    isServed: () => isServed(fileSystem, path),
    makeFiles: () => new DirectoryStore(directory, writing),
    makeServer: async () => (await import('./open-broker-store.ts')).openServerStore(path),
  })
}

/** `directoryOptions` for a command that opens the directory itself: with what it takes when it is Kafka's. */
export async function wholeDirectoryOptions(options: StoreOptions, context: CliContext): Promise<LogDirectoryOptions> {
  const directory = directoryOptions(options, context)
  return { ...directory, kafka: await loadKafkaImport(directory.fileSystem, directory.path) }
}

/** The directory that a command works on, with all it takes to open it. Throws `UsageError` when brokers are named. */
export function directoryOptions(options: StoreOptions, context: CliContext): LogDirectoryOptions {
  const location = locate(options, context)
  if (location.kind === 'directory') return optionsFor(location.path, options, context)
  throw new UsageError('this command works on directories only, not on brokers', {
    hint: 'name a log directory: -d DIR or TSLOG_DIR',
  })
}

function locate(options: StoreOptions, context: CliContext): Location {
  const { dir, bootstrapServer } = options
  const location = resolveLocation({ flags: { dir, bootstrapServer }, ...settingsQuery(context) })
  for (const warning of location.warnings) warn(warning, options, context)
  return location
}

function optionsFor(path: string, options: StoreOptions, context: CliContext): LogDirectoryOptions {
  return {
    fileSystem: context.fileSystem(),
    clock: context.clock,
    random: context.random,
    path,
    lockWaitMs,
    adopt: options.adopt === true,
    makeWindow: () => kernelBatchWindow(createKernel({ memoryBytes: recoveryWindowBytes })),
    onWarning: (text) => warn(text, options, context),
  }
}

function warn(text: string, { quiet }: StoreOptions, context: CliContext): void {
  if (quiet !== true) writeMessage(context.stderr, `tslog: ${text}\n`)
}
