import { joinError } from '../../coordinator/group-answers.ts'
import { joinGroupApi, type JoinGroupRequest, type JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { checkGroup } from '../groups/group-access.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// JoinGroup: a member comes to a group of the classic protocol, or comes again for a rebalance.
//
// Behaviour
//   * The answer waits for the other members: `coordinator/join-group.ts` and `group-rebalance.ts`. What is behind it on the connection waits, too.
// Versions
//   0 to 9. 1 has rebalance timeouts, 4 asks new members to come again with the id they are given, 5 has static members, 9 skips assignments.
// Not implemented
//   Members of the classic protocol in a group of the newer one (KIP-848): INCONSISTENT_GROUP_PROTOCOL.

export const joinGroupHandler: Handler<JoinGroupRequest, JoinGroupResponse> = {
  api: joinGroupApi,
  handle: async (request, context) => {
    checkGroup(context, 'READ', request.groupId)
    const { broker, apiVersion, clientId, connection } = context
    const partition = await broker.groups.of(request.groupId)
    const join = { request, apiVersion, clientId, clientHost: hostOf(connection.peer) }
    return inVersion(await partition.join(join), context)
  },
  refuse: (request, errorCode, context) => inVersion(joinError(errorCode, request.memberId), context),
}

/** Before version 7 the protocol's name has no null. */
function inVersion(response: JoinGroupResponse, { apiVersion }: RequestContext): JoinGroupResponse {
  return apiVersion < 7 && response.protocolName === null ? { ...response, protocolName: '' } : response
}

/** As Java writes an address: `/127.0.0.1`. */
function hostOf(peer: string): string {
  const host = peer.replace(/:\d+$/, '')
  return `/${host.replaceAll(/^\[|\]$/g, '')}`
}
