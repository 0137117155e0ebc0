import type { Offset } from '../../base/brands.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import type { BatchWindow } from '../../record/batch-window.ts'
import { ActiveSegment, emptyProgress } from '../active-segment.ts'
import { segmentFileName, TEMPORARY_SUFFIX } from '../file-names.ts'
import { recoverSegment } from '../log-recovery.ts'
import { loadProducerState } from '../producer-loading.ts'

export interface IndexRebuildOptions {
  readonly fileSystem: FileSystem
  /** The partition's directory. */
  readonly directory: string
  readonly indexIntervalBytes: number
  readonly window?: BatchWindow
}

/**
 * Makes the indexes of a closed segment anew from its log. They are written beside the old ones and take their names when they are whole and
 * durable, the `.index` last: a segment without that file is one whose indexes Kafka makes anew, so no crash leaves indexes that lie.
 * The partition's lock is held.
 */
export function rebuildIndexes(
  options: IndexRebuildOptions,
  { baseOffset, endOffset }: { readonly baseOffset: Offset; readonly endOffset: Offset },
): void {
  const { fileSystem, directory, window } = options
  for (const part of indexParts) fileSystem.remove(pathOf(directory, baseOffset, part) + TEMPORARY_SUFFIX)
  const segment = ActiveSegment.open({ ...options, baseOffset, indexesAside: true }, emptyProgress(baseOffset))
  try {
    segment.remakeIndexes()
    recoverSegment(segment, baseOffset, {
      fileSystem,
      directory,
      recoveryPoint: endOffset,
      isSameBoot: true,
      isLast: false,
      endOffset,
      ...(window && { window }),
      producers: loadProducerState(fileSystem, directory, baseOffset),
      beforeCut: () => undefined,
    })
    segment.sealIndexes()
    segment.syncAll()
  } finally {
    segment.close()
  }
  putInPlace(fileSystem, directory, baseOffset)
}

/** In the order in which they come into their places. */
const indexParts = ['txnindex', 'timeindex', 'index'] as const

function putInPlace(fileSystem: FileSystem, directory: string, baseOffset: Offset): void {
  fileSystem.remove(pathOf(directory, baseOffset, 'index'))
  fileSystem.syncDirectory(directory)
  for (const part of indexParts) {
    const path = pathOf(directory, baseOffset, part)
    if (part === 'index') fileSystem.syncDirectory(directory)
    // Only a segment in which a transaction was aborted has an index of them.
    if (fileSystem.stat(path + TEMPORARY_SUFFIX) !== undefined) fileSystem.rename(path + TEMPORARY_SUFFIX, path)
    else fileSystem.remove(path)
  }
  fileSystem.syncDirectory(directory)
}

function pathOf(directory: string, baseOffset: Offset, part: (typeof indexParts)[number]): string {
  return `${directory}/${segmentFileName(baseOffset, part)}`
}
