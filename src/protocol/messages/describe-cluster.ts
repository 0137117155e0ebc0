import { type ValueOf, array, boolean, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeClusterRequest = struct({
  includeClusterAuthorizedOperations: boolean,
  endpointType: int8.or(1).since(1),
})
export type DescribeClusterRequest = ValueOf<typeof describeClusterRequest>

export const describeClusterResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullable(string),
  endpointType: int8.or(1).since(1),
  clusterId: string,
  controllerId: int32.or(-1),
  brokers: array({ brokerId: int32, host: string, port: int32, rack: nullable(string) }),
  clusterAuthorizedOperations: int32.or(-0x8000_0000),
})
export type DescribeClusterResponse = ValueOf<typeof describeClusterResponse>

/** Cluster id, controller and brokers. Version 1 tells brokers from controllers. */
export const describeClusterApi: Api<DescribeClusterRequest, DescribeClusterResponse> = api(
  'DescribeCluster',
  describeClusterRequest,
  describeClusterResponse,
)
