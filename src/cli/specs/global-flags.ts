import type { FlagSpec } from '../command-spec.ts'

/** Understood by every command, before its name as well as after it. */
export const globalFlags = {
  dir: {
    kind: 'string',
    char: 'd',
    value: 'DIR',
    example: '/var/lib/tslog',
    env: 'TSLOG_DIR',
    summary: 'The log directory on this machine.',
    completes: 'directories',
  },
  'bootstrap-server': {
    kind: 'string',
    char: 'b',
    value: 'HOST:PORT[,...]',
    example: 'localhost:9092',
    env: 'TSLOG_BROKERS',
    summary: 'Brokers to work on instead of a directory: tslog serve, Apache Kafka or any other.',
  },
  verbose: { kind: 'bool', char: 'v', summary: 'Say more on stderr.' },
  quiet: { kind: 'bool', char: 'q', summary: 'Say nothing on stderr but errors.' },
  json: { kind: 'bool', summary: 'Results as one JSON document; errors as JSON on stderr.' },
  'no-color': { kind: 'bool', summary: 'No colour, also on a terminal.' },
} as const satisfies Record<string, FlagSpec>
