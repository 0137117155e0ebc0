import type { Join } from './waiting-join.ts'

/**
 * UTF-16 units of any name that is kept: in flexible versions a client may send longer ones than older versions, and the
 * records of groups, have room for (32,767 bytes of UTF-8).
 */
const nameLengthMax = 10_000

/** Whether the text can be kept as a name. */
export function isName(text: string): boolean {
  return text.length <= nameLengthMax
}

/** Whether the text can be a member's id: a name, and what makes it unlike all others. */
export function isMemberId(text: string): boolean {
  return text.length <= nameLengthMax + '-'.length + 36
}

/** Whether members can join a group of this id; committing positions without members works for the empty one, too. */
export function isGroupId(text: string): boolean {
  return text !== '' && isName(text)
}

/** Whether any name that a member brings along is too long. */
export function hasBadNames({ clientId, request }: Join): boolean {
  const { groupInstanceId, protocolType, protocols } = request
  const names = [clientId, groupInstanceId ?? '', protocolType, ...protocols.map(({ name }) => name)]
  return !names.every(isName)
}
