import { basename } from 'node:path'
import { offset } from '../base/brands.ts'
import { UsageError } from '../base/errors.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { scanBatch } from '../record/log-batch.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import type { DumpEntry } from './dump/dump-entry.ts'
import { filesToDump, type FileToDump } from './dump/dump-source.ts'
import { EntryWriter } from './dump/entry-writer.ts'
import { fileKind, type FileKind, isUnfinished } from './dump/file-kind.ts'
import { dumpOffsetIndex, dumpTimeIndex, dumpTransactionIndex } from './dump/index-files.ts'
import { dumpLogFile, type LogDumpOptions } from './dump/log-file.ts'
import * as small from './dump/small-files.ts'
import { damageMessage } from './damage-message.ts'
import { ExitCode } from './exit-code.ts'
import { TerminalSink } from './format/terminal-escape.ts'
import { OutputStream } from './output.ts'
import { counted, resultStyle } from './results.ts'
import type { dumpSpec } from './specs/dump.ts'
import { writeMessage } from './standard-streams.ts'

export type DumpOptions = OptionsOf<typeof dumpSpec>

/** Shows what files of a log directory hold, wherever they lie. Reads only. */
export async function dump(options: DumpOptions, context: CliContext): Promise<number> {
  const files = await filesToDump(options.source, options, context)
  const from = options.offset === undefined ? undefined : offset(BigInt(options.offset))
  const output = new OutputStream(context.stdout)
  const style = { ...resultStyle(options, context), json: options.json }
  const records = style.isTerminal && !options.raw ? new TerminalSink(output) : output
  const writer = new EntryWriter({ text: output, records }, style)
  let left = options.count ?? Infinity
  let damages = 0
  for (const entry of entriesOf(files, { fileSystem: context.fileSystem(), from, withRecords: options.records })) {
    const isDamage = entry.kind === 'damage'
    if (left === 0 && !isDamage) break
    writer.write(entry)
    if (isDamage) damages++
    else left--
    await settle(output)
  }
  await flush(output)
  if (damages === 0) return ExitCode.done
  writeMessage(context.stderr, damageMessage(`${counted(damages, 'damaged place')} met`, options.json))
  return ExitCode.damaged
}

interface EntrySource extends LogDumpOptions {
  readonly fileSystem: FileSystem
}

function* entriesOf(files: readonly FileToDump[], source: EntrySource): Generator<DumpEntry> {
  const { from } = source
  for (const file of files) {
    if (from !== undefined && file.endOffset !== undefined && file.endOffset <= from) continue
    if (file.label === undefined) yield* entriesOfFile(file.path, sniffedKind(source.fileSystem, file.path), source)
    else yield* entriesOfOneOfMany(file.path, file.label, source)
  }
}

/** Each entry says which file it is from. What is on its way in or no file of Kafka's or ours is named, so that all are seen. */
function* entriesOfOneOfMany(path: string, label: string, source: EntrySource): Generator<DumpEntry> {
  const kind = isUnfinished(path) ? undefined : fileKind(basename(path))
  try {
    const entries = kind === undefined ? otherFile(path, source) : entriesOfFile(path, kind, source)
    for (const { fields, ...entry } of entries) yield { ...entry, fields: { ...fields, file: label } }
  } catch (error) {
    // Retention and compaction go on meanwhile.
    if (source.fileSystem.stat(path) !== undefined) throw error
  }
}

function* otherFile(path: string, { fileSystem }: EntrySource): Generator<DumpEntry> {
  yield { kind: 'other', fields: { bytes: fileSystem.stat(path)?.size ?? 0 } }
}

function* entriesOfFile(path: string, kind: FileKind, source: EntrySource): Generator<DumpEntry> {
  const { fileSystem, from } = source
  if (kind === 'log') {
    yield* dumpLogFile(fileSystem, path, source)
    return
  }
  for (const entry of otherDumps[kind](fileSystem, path)) {
    const { offset: at } = entry.fields
    if (from === undefined || typeof at !== 'bigint' || at >= from) yield entry
  }
}

const otherDumps: Readonly<
  Record<Exclude<FileKind, 'log'>, (fileSystem: FileSystem, path: string) => Iterable<DumpEntry>>
> = {
  index: dumpOffsetIndex,
  timeindex: dumpTimeIndex,
  txnindex: dumpTransactionIndex,
  snapshot: small.dumpSnapshot,
  'offset-checkpoint': small.dumpOffsetCheckpoint,
  'leader-epoch-checkpoint': small.dumpLeaderEpochs,
  'partition-metadata': small.dumpPartitionMetadata,
  'meta-properties': small.dumpProperties,
  'write-state': small.dumpWriteState,
  topics: small.dumpTopics,
  'quorum-state': small.dumpQuorumState,
  text: small.dumpText,
}

/** What its name says; a file with a name of the user's own is a log when it begins like one. */
function sniffedKind(fileSystem: FileSystem, path: string): FileKind {
  const named = fileKind(basename(path))
  if (named !== undefined) return named
  const file = fileSystem.open(path, 'read')
  try {
    const head = new Uint8Array(64)
    const filled = file.read(head, 0)
    const scanned = scanBatch(head, 0, filled)
    if (scanned.kind === 'batch' || (scanned.kind === 'incomplete' && scanned.sizeInBytes !== undefined)) return 'log'
  } finally {
    file.close()
  }
  throw new UsageError(`${path} is none of the files of a log directory`, {
    hint: 'such as 00000000000000000000.log, .index, .timeindex, .txnindex, .snapshot or a checkpoint',
  })
}

/** After a signal cut a write short, output collects in memory until it is flushed. */
async function settle(output: OutputStream): Promise<void> {
  if (output.isInterrupted) await flush(output)
}

async function flush(output: OutputStream): Promise<void> {
  while (!output.flush()) await new Promise((resolve) => setImmediate(resolve))
}
