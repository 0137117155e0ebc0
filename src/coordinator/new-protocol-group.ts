import type { GroupType } from './group.ts'
import type { NewGroupRecordKey } from './group-record-key.ts'

/** A group of KIP-848 or KIP-932: which of its records stand. What they say stays opaque. */
export class NewProtocolGroup {
  readonly type: GroupType
  readonly #records = new Map<string, { readonly key: Uint8Array; readonly memberId: string | undefined }>()

  constructor(type: GroupType) {
    this.type = type
  }

  /** Whether every record was taken back. */
  get isEmpty(): boolean {
    return this.#records.size === 0
  }

  /** Takes in one of the group's records, or its tombstone when it is not there. */
  apply({ version, isMembership, memberId }: NewGroupRecordKey, key: Uint8Array, isThere: boolean): void {
    const identity = `${version} ${memberId ?? ''}`
    if (isThere) this.#records.set(identity, { key: key.slice(), memberId: isMembership ? memberId : undefined })
    else this.#records.delete(identity)
  }

  memberIds(): readonly string[] {
    return [...this.#records.values()].flatMap(({ memberId }) => memberId ?? [])
  }

  keys(): readonly Uint8Array[] {
    return [...this.#records.values()].map(({ key }) => key)
  }
}
