import type { FlagSpec } from '../command-spec.ts'

/** `-g GROUP`, as Kafka's tools type the group. */
export const groupFlag = {
  group: {
    kind: 'string',
    char: 'g',
    value: 'GROUP',
    example: 'nightly',
    summary: "The group, as Kafka's tools have it.",
    hidden: true,
    asOperand: true,
    completes: 'groups',
  },
} as const satisfies Record<string, FlagSpec>
