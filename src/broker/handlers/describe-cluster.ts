import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  describeClusterApi,
  type DescribeClusterRequest,
  type DescribeClusterResponse,
} from '../../protocol/messages/describe-cluster.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { authorizedOperations, operationsNotTold } from '../security/authorized-operations.ts'

// DescribeCluster: cluster id, controller and brokers (KIP-700).
//
// Behaviour
//   * Brokers are named as the listener advertises them that the client came in on.
// Versions
//   0 and 1. 1 tells brokers from controllers: whoever asks for controllers is told MISMATCHED_ENDPOINT_TYPE, for anything else
//   UNSUPPORTED_ENDPOINT_TYPE.

/** EndpointType of Kafka. */
const brokersWanted = 1
const controllersWanted = 2

export const describeClusterHandler: Handler<DescribeClusterRequest, DescribeClusterResponse> = {
  api: describeClusterApi,
  handle: ({ endpointType, includeClusterAuthorizedOperations }, context) => {
    if (endpointType === controllersWanted) throw new KafkaError(ErrorCode.MISMATCHED_ENDPOINT_TYPE)
    if (endpointType !== brokersWanted) throw new KafkaError(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
    const told = answer(ErrorCode.NONE, context)
    if (!includeClusterAuthorizedOperations) return told
    return { ...told, clusterAuthorizedOperations: authorizedOperations('CLUSTER', 'kafka-cluster', context) }
  },
  refuse: (_, errorCode, context) => answer(errorCode, context),
}

function answer(errorCode: number, { broker, connection }: RequestContext): DescribeClusterResponse {
  const { cluster } = broker
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage: null,
    endpointType: brokersWanted,
    clusterId: cluster.clusterId,
    controllerId: cluster.controllerId,
    brokers: cluster.brokers(connection.advertised).map((one) => ({ ...one })),
    clusterAuthorizedOperations: operationsNotTold,
  }
}
