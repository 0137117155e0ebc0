import {
  alterConfigsApi,
  type AlterConfigsRequest,
  type AlterConfigsResponse,
} from '../../protocol/messages/alter-configs.ts'
import { alterResource, type AlteredResource, refusedResource } from '../config-alteration.ts'
import type { Handler } from '../request-router.ts'
import { checkedConfigs } from '../topic-config-changes.ts'

// AlterConfigs: replaces all configurations of topics. The older way: what is not named goes back to its default.
//
// Behaviour
//   * Each resource is judged by itself, and changed as a whole or not at all.
//   * The broker's own configuration is given on its command line: changing it is INVALID_REQUEST.
// Versions
//   0 to 2.
// Not implemented
//   Brokers, groups, loggers and client metrics.

export const alterConfigsHandler: Handler<AlterConfigsRequest, AlterConfigsResponse> = {
  api: alterConfigsApi,
  handle: async ({ resources, validateOnly }, context) => {
    const responses: AlteredResource[] = []
    for (const resource of resources) {
      const values = new Map(resource.configs.map(({ name, value }) => [name, value]))
      responses.push(await alterResource(resource, { validateOnly, change: () => checkedConfigs(values) }, context))
    }
    return { throttleTimeMs: 0, responses }
  },
  refuse: ({ resources }, errorCode) => ({
    throttleTimeMs: 0,
    responses: resources.map((resource) => refusedResource(resource, errorCode)),
  }),
}
