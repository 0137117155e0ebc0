import { CorruptSegmentError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import { readWholeFile, replaceWholeFile } from '../../storage/whole-file.ts'

/** More than a hundred thousand users or rules. */
const bytesMax = 64 * 1024 * 1024

/** A small list that the broker keeps at the top of the directory, for the owner alone: `{"version":1,"entries":[...]}`. */
export interface PrivateDocument<Entry> {
  /** Empty when there is no file. Throws `CorruptSegmentError` when it is not what was written. */
  read(): Entry[]
  /** The new content is there whole or not at all, and durable when this returns. */
  write(entries: readonly Entry[]): void
}

/** `readEntry` gives `undefined` for what is no entry. */
export function privateDocument<Entry>(
  fileSystem: FileSystem,
  path: string,
  readEntry: (value: Fields) => Entry | undefined,
): PrivateDocument<Entry> {
  return {
    read: () => {
      const file = readWholeFile(fileSystem, path, bytesMax)
      if (file.kind === 'absent') return []
      const entries =
        file.kind === 'bytes' ? entriesOf(file.bytes)?.map((value) => readEntry(fieldsOf(value))) : undefined
      const whole = entries?.filter((entry) => entry !== undefined)
      if (whole !== undefined && whole.length === entries?.length) return whole
      throw new CorruptSegmentError(path, 0, 'it is not what tslog writes there')
    },
    write: (entries) => {
      const lines = entries.map((entry) => JSON.stringify(entry)).join(',\n')
      const text = `{"version":1,"entries":[\n${lines}\n]}\n`
      replaceWholeFile(fileSystem, path, new TextEncoder().encode(text), 'create-private')
    },
  }
}

/** The fields of a JSON object, whatever their names are. */
export type Fields = ReadonlyMap<string, unknown>

function fieldsOf(value: unknown): Fields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function entriesOf(bytes: Uint8Array): unknown[] | undefined {
  try {
    const document = fieldsOf(JSON.parse(new TextDecoder().decode(bytes)))
    const entries = document.get('entries')
    return document.get('version') === 1 && Array.isArray(entries) ? entries : undefined
  } catch {
    return undefined
  }
}
