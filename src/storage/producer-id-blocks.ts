import { producerId, type ProducerId } from '../base/brands.ts'
import { CorruptSegmentError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { PRODUCER_IDS_FILE } from './file-names.ts'
import { readWholeFile, replaceWholeFile } from './whole-file.ts'

/** As many ids as are taken at once, each time with a write of the file. Kafka: ProducerIdsBlock. */
export const producerIdBlockSize = 1000

/**
 * Takes the next ids of idempotent producers, durably, so that none is ever given twice. The first block of a directory begins at random: records of
 * other logs, whose producers had ids of their own, may be copied here. To be called by the server of the directory only.
 */
export function takeProducerIds(fileSystem: FileSystem, directory: string, random: Random): ProducerId {
  const path = `${directory}/${PRODUCER_IDS_FILE}`
  const first = readNext(fileSystem, path) ?? randomStart(random)
  const next = first + BigInt(producerIdBlockSize)
  replaceWholeFile(
    fileSystem,
    path,
    new TextEncoder().encode(`${JSON.stringify({ version: 1, next: String(next) })}\n`),
  )
  return producerId(first)
}

function readNext(fileSystem: FileSystem, path: string): bigint | undefined {
  const file = readWholeFile(fileSystem, path, 4096)
  if (file.kind === 'absent') return undefined
  const text = file.kind === 'bytes' ? new TextDecoder().decode(file.bytes) : ''
  const digits = /^\s*\{\s*"version"\s*:\s*1\s*,\s*"next"\s*:\s*"(\d{1,18})"\s*\}\s*$/.exec(text)?.[1]
  if (digits === undefined) throw new CorruptSegmentError(path, 0, 'it does not say which producer id is next')
  return BigInt(digits)
}

/** Below 2^51, so that there is room for as many blocks again as will ever be taken. */
function randomStart(random: Random): bigint {
  const view = new DataView(random.fill(new Uint8Array(4)).buffer)
  return BigInt(view.getUint32(0) >>> 1) * 2n ** 20n
}
