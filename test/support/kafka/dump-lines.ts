/** What kafka-dump-log prints on a line, by name, as text. */
export type DumpLine = Readonly<Record<string, string>>

/** A batch of a `.log` with its records. */
export interface DumpedBatch {
  readonly fields: DumpLine
  readonly records: readonly DumpedRecord[]
}

export interface DumpedRecord {
  readonly fields: DumpLine
  /** What a decoder made of key and value, or of a control record. */
  readonly decoded: readonly string[]
}

/** Lines of an index or a producer snapshot. */
export function entryLines(lines: readonly string[]): DumpLine[] {
  return lines.filter((line) => /^\w+: /.test(line)).map(fieldsOf)
}

/** Lines of a `.log`, with `--print-data-log` or a decoder. */
export function batchLines(lines: readonly string[]): DumpedBatch[] {
  const batches: { fields: DumpLine; records: DumpedRecord[] }[] = []
  for (const line of lines) {
    if (line.startsWith('baseOffset: ')) batches.push({ fields: fieldsOf(line), records: [] })
    if (line.startsWith('| offset: ')) batches.at(-1)?.records.push(recordOf(line))
  }
  return batches
}

function fieldsOf(line: string): DumpLine {
  return Object.fromEntries([...line.matchAll(/(\w+): (\S+)/g)].map(([, name = '', value = '']) => [name, value]))
}

/** `headerKeys` ends the fields; what follows is the decoder's. */
function recordOf(line: string): DumpedRecord {
  const [, head = line, headers = '', rest = ''] = /^(.*?) headerKeys: \[(.*?)\] ?(.*)$/.exec(line) ?? []
  const decoded = rest.split(/(?:^| )(?:key|payload): /).filter((part) => part !== '')
  return { fields: { ...fieldsOf(head), headerKeys: headers }, decoded }
}
