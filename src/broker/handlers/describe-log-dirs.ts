import { ErrorCode } from '../../protocol/error-codes.ts'
import {
  describeLogDirsApi,
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
} from '../../protocol/messages/describe-log-dirs.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// DescribeLogDirs: how large the partitions are, and the disk they lie on.
//
// Behaviour
//   * null asks for all topics; what is not there is left out. Sizes are those of the .log files.
// Versions
//   0 to 4. 3 has an error of the whole, 4 the size of the disk.
// Not implemented
//   Several directories, and replicas on their way from one to another.

type DirectoryAnswer = DescribeLogDirsResponse['results'][number]
type TopicAnswer = DirectoryAnswer['topics'][number]

export const describeLogDirsHandler: Handler<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  api: describeLogDirsApi,
  handle: ({ topics }, context) => {
    if (!isAllowed(context, { operation: 'DESCRIBE', resource: 'CLUSTER', name: 'kafka-cluster' })) {
      throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    }
    const { disk } = context.broker
    const { totalBytes, freeBytes } = disk.space
    const directory = {
      errorCode: ErrorCode.NONE,
      logDir: disk.path,
      topics: topics === null ? all(context) : named(topics, context),
      totalBytes: BigInt(totalBytes),
      usableBytes: BigInt(freeBytes),
    }
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results: [directory] }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, results: [] }),
}

function all(context: RequestContext): TopicAnswer[] {
  return context.broker.topics.all().map(({ image }) =>
    sizes(
      image.name,
      Array.from({ length: image.partitionCount }, (_, partition) => partition),
      context,
    ),
  )
}

/** What is not there is left out. */
function named(topics: NonNullable<DescribeLogDirsRequest['topics']>, context: RequestContext): TopicAnswer[] {
  return topics
    .map(({ topic, partitions }) => sizes(topic, partitions, context))
    .filter(({ partitions }) => partitions.length > 0)
}

function sizes(name: string, partitions: readonly number[], { broker }: RequestContext): TopicAnswer {
  const count = broker.topics.find(name)?.image.partitionCount ?? 0
  const there = partitions.filter((partition) => partition >= 0 && partition < count)
  return {
    name,
    partitions: there.map((partition) => ({
      partitionIndex: partition,
      partitionSize: BigInt(broker.disk.sizeOf({ topic: name, partition })),
      offsetLag: 0n,
      isFutureKey: false,
    })),
  }
}
