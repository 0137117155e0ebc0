import type { ArgSpec, FlagSpec } from '../command-spec.ts'

/** What every command that deletes or moves something back understands. */
export const confirmationFlags = {
  'dry-run': { kind: 'bool', summary: 'Only say what would be done.' },
  yes: { kind: 'bool', char: 'y', summary: 'Do not ask; needed where no terminal can be asked.' },
} as const satisfies Record<string, FlagSpec>

/** What every command that writes understands. */
export const adoptFlag = {
  adopt: {
    kind: 'bool',
    summary: "Take the directory over when it is a stopped Kafka broker's: its topic configurations are imported.",
  },
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

/** `TOPIC...` of commands that show all topics when none is named. */
export const anyTopicsArg = {
  name: 'topics',
  label: 'TOPIC',
  multiple: true,
  completes: 'topics',
  summary: 'The topics; all when none is named.',
} as const satisfies ArgSpec

/** `KEY=VALUE` of a topic's configuration, without what it is for. */
export const topicConfigValue = {
  kind: 'string',
  value: 'KEY=VALUE',
  example: 'retention.ms=604800000',
  repeated: true,
  completes: 'config-settings',
  pattern: /^[^=]+=/,
  expects: 'KEY=VALUE',
} as const

/** `-p N`: which partitions, where several can be meant. */
export const partitionsFlag = {
  partition: {
    kind: 'string',
    char: 'p',
    value: 'N[,N...]',
    example: '0',
    repeated: true,
    summary: 'Only this partition, or these: a list such as 0,3-5.',
  },
} as const satisfies Record<string, FlagSpec>
