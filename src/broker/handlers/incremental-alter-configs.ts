import {
  incrementalAlterConfigsApi,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { alterResource, type AlteredResource, refusedResource } from '../config-alteration.ts'
import type { Handler } from '../request-router.ts'
import { changedConfigs } from '../topic-config-changes.ts'

// IncrementalAlterConfigs: changes single configurations of topics (KIP-339).
//
// Behaviour
//   * SET, DELETE (back to the default), APPEND and SUBTRACT (lists: cleanup.policy). A configuration named twice is INVALID_REQUEST.
//   * Each resource is judged by itself, and changed as a whole or not at all.
// Versions
//   0 and 1.
// Not implemented
//   Brokers, groups, loggers and client metrics.

export const incrementalAlterConfigsHandler: Handler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> =
  {
    api: incrementalAlterConfigsApi,
    handle: async ({ resources, validateOnly }, context) => {
      const responses: AlteredResource[] = []
      for (const resource of resources) {
        const changes = resource.configs.map(({ name, configOperation, value }) => ({
          name,
          operation: configOperation,
          value,
        }))
        const change = (before: ReadonlyMap<string, string>): Map<string, string> => changedConfigs(before, changes)
        responses.push(await alterResource(resource, { validateOnly, change }, context))
      }
      return { throttleTimeMs: 0, responses }
    },
    refuse: ({ resources }, errorCode) => ({
      throttleTimeMs: 0,
      responses: resources.map((resource) => refusedResource(resource, errorCode)),
    }),
  }
