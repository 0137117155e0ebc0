import { type Offset, offset, producerId } from '../../../src/base/brands.ts'
import type { GroupMember, GroupMetadataValue } from '../../../src/coordinator/group-metadata-record.ts'
import { type GroupBatch, GroupTable } from '../../../src/coordinator/group-table.ts'
import type { RecordToAppend } from '../../../src/coordinator/internal-record.ts'

/** The bytes of hexadecimal digits; blanks are for the reader. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'))
}

export function hexOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex')
}

export const plainBatch: GroupBatch = { isTransactional: false, producerId: producerId(-1) }

export function transactionOf(id: number): GroupBatch {
  return { isTransactional: true, producerId: producerId(id) }
}

/** A table after these records, at the offsets from `from` on. */
export function replayed(
  records: readonly RecordToAppend[],
  table = new GroupTable(),
  from: Offset = offset(0),
): GroupTable {
  records.forEach((record, i) => table.replay({ ...record, offset: offset(from + BigInt(i)) }, plainBatch))
  return table
}

export function member(memberId: string, overrides: Partial<GroupMember> = {}): GroupMember {
  return {
    memberId,
    groupInstanceId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    rebalanceTimeout: 300_000,
    sessionTimeout: 45_000,
    subscription: new Uint8Array(0),
    assignment: new Uint8Array(0),
    ...overrides,
  }
}

export function metadata(overrides: Partial<GroupMetadataValue> = {}): GroupMetadataValue {
  return {
    protocolType: 'consumer',
    generation: 4,
    protocol: 'range',
    leader: 'm1',
    currentStateTimestamp: 1_700_000_000_000,
    members: [],
    ...overrides,
  }
}
