import type { FlagSpec } from '../command-spec.ts'

/** What every command that deletes or moves something back understands. */
export const confirmationFlags = {
  'dry-run': { kind: 'bool', summary: 'Only say what would be done.' },
  yes: { kind: 'bool', char: 'y', summary: 'Do not ask; needed where no terminal can be asked.' },
} as const satisfies Record<string, FlagSpec>

/** `-t TOPIC`, as kcat users type the topic. */
export const topicFlag = {
  topic: {
    kind: 'string',
    char: 't',
    value: 'TOPIC',
    example: 'app-logs',
    summary: 'The topic, as kcat has it.',
    hidden: true,
    asOperand: true,
    completes: 'topics',
  },
} as const satisfies Record<string, FlagSpec>

/** `-p N`: which partitions, where several can be meant. */
export const partitionsFlag = {
  partition: {
    kind: 'string',
    char: 'p',
    value: 'N[,N...]',
    example: '0',
    repeated: true,
    summary: 'Only this partition; a list such as 0,3-5 is several.',
  },
} as const satisfies Record<string, FlagSpec>
