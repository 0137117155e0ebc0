import { type ValueOf, array, boolean, int16, int32, int64, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeLogDirsRequest = struct({
  topics: nullable(array({ topic: string, partitions: array(int32) })).or([]),
})
export type DescribeLogDirsRequest = ValueOf<typeof describeLogDirsRequest>

export const describeLogDirsResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16.since(3),
  results: array({
    errorCode: int16,
    logDir: string,
    topics: array({
      name: string,
      partitions: array({ partitionIndex: int32, partitionSize: int64, offsetLag: int64, isFutureKey: boolean }),
    }),
    totalBytes: int64.or(-1n).since(4),
    usableBytes: int64.or(-1n).since(4),
  }),
})
export type DescribeLogDirsResponse = ValueOf<typeof describeLogDirsResponse>

/**
 * What lies in the broker's log directories, null topics for all. Version 3 has an error of the whole, 4 the size of
 * the disk.
 */
export const describeLogDirsApi: Api<DescribeLogDirsRequest, DescribeLogDirsResponse> = api(
  'DescribeLogDirs',
  describeLogDirsRequest,
  describeLogDirsResponse,
)
