import { MalformedMessageError } from '../../base/errors.ts'
import { readVarint, readVarlong, type VarintCursor } from '../../wire/varint.ts'
import type { DecodeStop, LineDecoding } from './kernel.ts'

/** What of a record becomes a line. */
interface RecordFields {
  offsetDelta: number
  valueStart: number
  valueEnd: number
  isNull: boolean
  /** Where the next record begins. */
  end: number
}

interface MovingCursor extends VarintCursor {
  end: number
}

/** `Kernel.decodeLines`: the value of each record becomes a line. */
export function decodeLines(memory: Uint8Array, task: LineDecoding): DecodeStop {
  const fields: RecordFields = { offsetDelta: 0, valueStart: 0, valueEnd: 0, isNull: false, end: 0 }
  while (task.position < task.end && task.recordsWritten < task.recordsMax) {
    if (!tryReadRecord({ bytes: memory, position: task.position, end: task.end }, fields)) return 'malformed'
    const isWanted = fields.offsetDelta >= task.firstOffsetDelta
    if (isWanted && !hasRoom(task, fields)) {
      if (task.outputPosition !== task.outputStart) return 'full'
      passOver(task, fields)
      task.recordsWritten++
      task.largeStart = fields.valueStart
      task.largeEnd = fields.valueEnd
      return 'large'
    }
    passOver(task, fields)
    if (isWanted) writeLine(memory, task, fields)
  }
  return 'done'
}

function passOver(task: LineDecoding, fields: RecordFields): void {
  task.position = fields.end
  task.recordsSeen++
}

function hasRoom(task: LineDecoding, fields: RecordFields): boolean {
  const bytes = fields.isNull && task.hasNullMarker ? 4 : fields.valueEnd - fields.valueStart
  return bytes + 1 <= task.outputEnd - task.outputPosition
}

function writeLine(memory: Uint8Array, task: LineDecoding, fields: RecordFields): void {
  let at = task.outputPosition
  if (fields.isNull && task.hasNullMarker) {
    for (const letter of 'NULL') memory[at++] = letter.charCodeAt(0)
  } else {
    memory.copyWithin(at, fields.valueStart, fields.valueEnd)
    at += fields.valueEnd - fields.valueStart
  }
  memory[at++] = task.delimiter
  task.outputPosition = at
  task.recordsWritten++
}

function tryReadRecord(cursor: MovingCursor, fields: RecordFields): boolean {
  try {
    readRecord(cursor, fields)
    return true
  } catch (error) {
    if (error instanceof MalformedMessageError) return false
    throw error
  }
}

/** Reads a record as Kafka's `DefaultRecord.readFrom` does: its fields must fill its length exactly. */
function readRecord(cursor: MovingCursor, fields: RecordFields): void {
  const bodyBytes = readLength(cursor, 0)
  cursor.end = cursor.position + bodyBytes
  skip(cursor, 1)
  readVarlong(cursor)
  fields.offsetDelta = readVarint(cursor)
  skip(cursor, Math.max(0, readLength(cursor, -1)))
  const valueBytes = readLength(cursor, -1)
  fields.isNull = valueBytes < 0
  fields.valueStart = cursor.position
  skip(cursor, Math.max(0, valueBytes))
  fields.valueEnd = cursor.position
  skipHeaders(cursor)
  fields.end = cursor.position
}

function skipHeaders(cursor: MovingCursor): void {
  const count = readVarint(cursor)
  if (count < 0) throw new MalformedMessageError(`record has ${count} headers`, cursor.position)
  for (let i = 0; i < count; i++) {
    skip(cursor, readLength(cursor, 0))
    skip(cursor, Math.max(0, readLength(cursor, -1)))
  }
  if (cursor.position !== cursor.end) throw new MalformedMessageError('record ends after its headers', cursor.position)
}

/** A length of at least `min` (-1 stands for null) that does not pass the end. */
function readLength(cursor: MovingCursor, min: number): number {
  const length = readVarint(cursor)
  const remaining = cursor.end - cursor.position
  if (length < min || length > remaining) {
    throw new MalformedMessageError(`length ${length}, ${remaining} bytes remain`, cursor.position)
  }
  return length
}

function skip(cursor: MovingCursor, bytes: number): void {
  if (bytes > cursor.end - cursor.position) throw new MalformedMessageError('record is cut', cursor.position)
  cursor.position += bytes
}
