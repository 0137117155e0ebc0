import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../../wire/varint.ts'
import type { EncodeStop, LineEncoding } from './kernel.ts'

/**
 * `Kernel.encodeLines`: each line becomes the value of a record.
 *
 * ```
 * length varint | attributes 0 | timestampDelta varlong | offsetDelta varint | key section | valueLength varint | value | headers
 * ```
 */
export function encodeLines(memory: Uint8Array, task: LineEncoding): EncodeStop {
  const input = memory.subarray(0, task.inputEnd)
  for (;;) {
    const lineEnd = endOfLine(input, task)
    if (lineEnd < 0) return 'need-input'
    task.inputSearched = task.inputPosition
    const valueBytes = lineEnd - task.inputPosition
    if (valueBytes > task.valueBytesMax) {
      task.tooLargeBytes = valueBytes
      return 'too-large'
    }
    const bodyBytes = sizeOfBody(task, valueBytes)
    const hasRoom = sizeOfVarint(bodyBytes) + bodyBytes <= task.outputEnd - task.outputPosition
    if (!hasRoom || task.offsetDelta >= task.recordsMax) return 'full'

    task.outputPosition = writeRecord(memory, task, { bodyBytes, valueBytes })
    task.offsetDelta++
    task.inputPosition = Math.min(lineEnd + 1, task.inputEnd)
    task.inputSearched = task.inputPosition
  }
}

/** Where the next line ends, exclusive; -1 when its delimiter has not arrived. */
function endOfLine(input: Uint8Array, task: LineEncoding): number {
  const found = input.indexOf(task.delimiter, task.inputSearched)
  if (found >= 0) return found
  task.inputSearched = task.inputEnd
  return task.isFinal && task.inputPosition < task.inputEnd ? task.inputEnd : -1
}

function sizeOfBody(task: LineEncoding, valueBytes: number): number {
  const numbers = sizeOfVarlong(task.timestampDelta) + sizeOfVarint(task.offsetDelta) + sizeOfVarint(valueBytes)
  return 1 + numbers + task.keyEnd - task.keyStart + valueBytes + task.headersEnd - task.headersStart
}

function writeRecord(
  memory: Uint8Array,
  task: LineEncoding,
  { bodyBytes, valueBytes }: { readonly bodyBytes: number; readonly valueBytes: number },
): number {
  let at = writeVarint(memory, task.outputPosition, bodyBytes)
  memory[at++] = 0
  at = writeVarlong(memory, at, task.timestampDelta)
  at = writeVarint(memory, at, task.offsetDelta)
  memory.copyWithin(at, task.keyStart, task.keyEnd)
  at = writeVarint(memory, at + task.keyEnd - task.keyStart, valueBytes)
  memory.copyWithin(at, task.inputPosition, task.inputPosition + valueBytes)
  at += valueBytes
  memory.copyWithin(at, task.headersStart, task.headersEnd)
  return at + task.headersEnd - task.headersStart
}
