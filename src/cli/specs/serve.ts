import type { CommandSpec } from '../command-spec.ts'
import { adoptFlag } from './shared-flags.ts'
import { globalFlags } from './global-flags.ts'

export const serveSpec = {
  name: 'serve',
  summary: 'serve the directory as a Kafka broker',
  description: [
    'Serves the topics of the directory to every client of Apache Kafka: they produce, consume and administrate as with any broker, while shell commands go on working on the same directory. A missing directory is made.',
    'The addresses it listens on are printed, one a line, once clients can connect; what happens is said on stderr, one line an event (JSON with --json). Commands of this machine reach it by the socket tslog.sock in the directory, which is for the owner alone.',
    'TLS, users and access rules are set in the --config-file, under the names that Kafka has: ssl.certificate.file, ssl.key.file and ssl.ca.file (PEM), ssl.client.auth, sasl.enabled.mechanisms (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), authorizer.class.name and super.users. Users are kept salted in tslog-users.json, rules in tslog-acls.json, quotas in tslog-quotas.json, for the owner alone; the admin tools of Kafka (kafka-configs, kafka-acls) change them, and a client above its producer_byte_rate or consumer_byte_rate waits. Whoever can open tslog.sock may do everything. SIGHUP reads all of that again and shows a new certificate.',
    'It keeps copies up while it runs, as tslog replicate --follow does: replicate.NAME.peer and replicate.NAME.topics in the --config-file name one, with from=true it comes from the peer; groups, partitions, keep, overwrite.diverged, bwlimit, compress, ssh.command, remote.tslog and client.config are as the flags of that command. One that breaks is taken up again, whatever it broke with. Another tslog may replicate to and from here (tcp:// and tcps://) if it has CLUSTER_ACTION.',
    'SIGUSR1 logs what clients have moved so far. SIGTERM and SIGINT stop it in order: what was begun is answered, all is synced, and the directory is given back. One serve at a time has a directory.',
  ],
  args: [],
  flags: {
    listen: {
      kind: 'string',
      char: 'l',
      value: '[PROTOCOL://]HOST:PORT',
      example: '127.0.0.1:9092',
      repeated: true,
      aliases: ['listeners'],
      summary:
        'An address to listen on; port 0 is any free one. Default 127.0.0.1:9092. PROTOCOL is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.',
    },
    'advertised-listener': {
      kind: 'string',
      value: 'HOST:PORT',
      example: 'broker.example.org:9092',
      aliases: ['advertised-listeners', 'advertise'],
      summary: 'What clients are told to connect to, when it is not the address they came in on.',
    },
    'flush-policy': {
      kind: 'choice',
      value: 'WHEN',
      example: 'os',
      options: ['sync', 'os'],
      summary:
        'When an acknowledged record is on the disk: sync (before the answer, many requests at once) or os (whenever the system likes, as Kafka has it).',
    },
    partitions: {
      kind: 'int',
      value: 'N',
      example: '6',
      min: 1,
      max: 10_000,
      aliases: ['num-partitions'],
      summary: 'How many partitions a topic has whose creator leaves it open (num.partitions).',
    },
    'auto-create': {
      kind: 'bool',
      default: true,
      allowNo: true,
      summary: 'Make a topic that a client names and that is not there (auto.create.topics.enable).',
    },
    'config-file': {
      kind: 'string',
      value: 'FILE',
      example: '/etc/tslog/server.properties',
      completes: 'files',
      summary:
        "Settings under Kafka's names, one a line (num.partitions=6); flags go before it. SIGHUP reads it again.",
    },
    override: {
      kind: 'string',
      value: 'KEY=VALUE',
      example: 'log.retention.check.interval.ms=60000',
      repeated: true,
      summary: 'One setting, before what the file says of it.',
    },
    'metrics-listen': {
      kind: 'string',
      value: 'HOST:PORT',
      example: '127.0.0.1:9308',
      summary: 'Where /metrics (Prometheus), /healthz and /readyz are told over HTTP (metrics.listener).',
    },
    ephemeral: {
      kind: 'bool',
      summary: 'A throw-away broker: a directory of its own that is removed at the end, on any free port.',
    },
    exec: {
      kind: 'string',
      value: 'COMMAND',
      example: "'make test'",
      summary: 'Run a shell command with TSLOG_BROKERS set, and end with it and its exit code.',
    },
    ...adoptFlag,
    'group-initial-rebalance-delay-ms': {
      kind: 'int',
      value: 'MS',
      example: '0',
      min: 0,
      max: 600_000,
      summary:
        'How long the first rebalance of an empty consumer group waits for more members (group.initial.rebalance.delay.ms).',
    },
    ...globalFlags,
  },
  directoryOnly: true,
  conflicts: [
    ['ephemeral', 'dir'],
    ['ephemeral', 'adopt'],
  ],
  habits: {
    '-p': 'the port is part of --listen: --listen 127.0.0.1:9092; partitions of new topics are --partitions',
    '--port': 'the port is part of --listen: --listen 127.0.0.1:9092',
    WORD: "the address is --listen 127.0.0.1:9092; a command of several words needs quotes: --exec 'make test'",
  },
  examples: [
    { command: 'tslog -d /var/lib/tslog serve', explanation: 'A broker on 127.0.0.1:9092' },
    {
      command: 'tslog -d /var/lib/tslog serve --listen 127.0.0.1:0',
      explanation: 'On any free port, which is printed',
    },
    {
      command: 'tslog serve --listen 0.0.0.0:9092 --advertised-listener 10.0.0.7:9092',
      explanation: 'For clients of other machines',
    },
    {
      command: "tslog serve --ephemeral --exec 'seq 10 | tslog produce t && tslog consume t'",
      explanation: 'A broker for one command',
    },
    {
      command: 'tslog serve --config-file server.properties --metrics-listen 127.0.0.1:9308',
      explanation: 'As a service, watched by Prometheus',
    },
  ],
  exitCodes: {
    6: 'Another serve has the directory, a Kafka broker has it, or the address is taken.',
    130: 'SIGINT, after an orderly stop.',
    143: 'SIGTERM, after an orderly stop.',
  },
} as const satisfies CommandSpec
