import type { ReplicationRequest } from '../../src/cli/replicate/request.ts'

/** One run for the topic `app`, without any flag. */
export const plainRequest: ReplicationRequest = {
  patterns: ['app'],
  all: false,
  partitions: [],
  groups: false,
  keepsOld: false,
  overwritesDiverged: false,
  follows: false,
  isDryRun: false,
  isSlow: false,
  bytesPerSecond: undefined,
}
