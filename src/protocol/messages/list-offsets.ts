import type { LeaderEpoch, Offset } from '../../base/brands.ts'
import { type ValueOf, array, int16, int32, int64, int8, string, struct, timestamp } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const listOffsetsRequest = struct({
  replicaId: int32,
  /** 0 reads what is there, 1 only what is committed. */
  isolationLevel: int8.since(2),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      currentLeaderEpoch: int32.or(-1).as<LeaderEpoch>().since(4),
      /** Or -1 latest, -2 earliest, -3 largest timestamp, -4 earliest local, -5 latest tiered. */
      timestamp,
      maxNumOffsets: int32.or(1).until(0),
    }),
  }),
  timeoutMs: int32.since(10),
})
export type ListOffsetsRequest = ValueOf<typeof listOffsetsRequest>

export const listOffsetsResponse = struct({
  throttleTimeMs: int32.since(2),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      oldStyleOffsets: array(int64.as<Offset>()).until(0),
      timestamp: timestamp.or(-1).since(1),
      offset: int64.or(-1n).as<Offset>().since(1),
      leaderEpoch: int32.or(-1).as<LeaderEpoch>().since(4),
    }),
  }),
})
export type ListOffsetsResponse = ValueOf<typeof listOffsetsResponse>

/**
 * Finds an offset by time, or one of the special ones (timestamps below 0). Version 0 answers with a list of segment
 * starts; 1 with one offset and its time, 2 knows isolation, 4 fences by leader epoch, 7, 8 and 9 add the timestamps
 * -3, -4 and -5, 10 a timeout.
 */
export const listOffsetsApi: Api<ListOffsetsRequest, ListOffsetsResponse> = api(
  'ListOffsets',
  listOffsetsRequest,
  listOffsetsResponse,
)
