import { afterAll, expect, test } from 'vitest'
import { ShellScene } from './shell-scene.ts'

// What people type who come from kcat, Kafka's tools, tail or rsync, and what gets them on.

const scene = new ShellScene()
afterAll(() => scene.remove())

interface Mistake {
  readonly line: string
  readonly status: number
  readonly message: string
  readonly hint: string
}

const usage = (line: string, message: string, hint: string): Mistake => ({ line, status: 2, message, hint })
const notFound = (line: string, message: string, hint: string): Mistake => ({ line, status: 3, message, hint })

/** Each mistake gets two lines on standard error: what is wrong, and what to type instead. */
const mistakes: readonly Mistake[] = [
  usage('tslog consum app-logs', "there is no command 'consum'", 'did you mean: tslog consume'),
  usage('tslog -C -t app-logs', 'no command is named, only -C', 'to read records: tslog consume app-logs'),
  usage(
    'tslog --since 1h consume app-logs',
    "there is no flag '--since' before the command",
    'those of a command stand behind it, as in: tslog consume app-logs --since 10m',
  ),
  usage('tslog -b h:9092 -L', 'no command is named, only -L', 'to see the topics: tslog topics describe'),
  usage('tslog consume app-logs -g ""', '-g: the name of the group is empty', 'for example -g nightly'),
  usage('tslog cat app-logs', "there is no command 'cat'", 'to read records: tslog consume app-logs'),
  usage('tslog topics ls', "there is no command 'topics ls'", 'did you mean: tslog topics list'),
  usage('tslog topics rm app-logs', "there is no command 'topics rm'", 'did you mean: tslog topics delete'),
  usage(
    'tslog topics --create --topic t',
    "there is no command 'topics --create'",
    'did you mean: tslog topics create',
  ),
  usage('tslog groups show nightly', "there is no command 'groups show'", 'did you mean: tslog groups describe'),
  usage(
    'tslog topics create t -p 6',
    'topics create has no flag -p',
    'partitions are --partitions; example: tslog topics create app-logs --partitions 6',
  ),
  usage(
    'tslog topics create t --config retention=1',
    'unknown topic configuration "retention"',
    'did you mean retention.ms?',
  ),
  usage(
    'tslog topics delete app-logs',
    'there is no terminal to ask on: --yes is needed',
    'tslog topics delete app-logs --yes',
  ),
  usage(
    'tslog groups reset nightly --by-duration 2h',
    'there is no terminal to ask on: --yes is needed',
    'tslog groups reset nightly --by-duration 7200000ms --yes',
  ),
  usage(
    'tslog groups reset nightly --to-latest --execute',
    'groups reset has no flag --execute',
    'that is --yes; example: tslog groups reset nightly --to-earliest --yes',
  ),
  usage(
    'tslog consume app-logs --from-beginning',
    'consume has no flag --from-beginning',
    'consume starts there by itself; example: tslog consume app-logs',
  ),
  usage(
    'tslog consume app-logs --property print.key=true',
    'consume has no flag --property',
    'to choose what is printed: tslog consume app-logs -f "%k %s\\n"',
  ),
  usage(
    'tslog consume app-logs -F kcat.conf',
    'consume has no flag -F',
    'to follow, use --follow; settings are read from ./tslog.properties; example: tslog consume app-logs --follow',
  ),
  usage(
    'tslog consume app-logs:0',
    "'app-logs:0' is no topic: the partition is -p",
    'example: tslog consume app-logs -p 0',
  ),
  usage(
    'tslog consume app-logs --cuont 3',
    'consume has no flag --cuont',
    'did you mean --count? example: tslog consume app-logs --count 100',
  ),
  usage(
    'tslog consume app-logs --since tomorow',
    "--since: 'tomorow' is not a time",
    "for example --since 10m, '2 hours ago', yesterday, 02:15, 2026-03-01, 2026-03-01T02:15:00Z or 1772331300000 (ms)",
  ),
  usage(
    "tslog consume app-logs --grep '('",
    "--grep: '(' is no regular expression: Invalid regular expression: missing )",
    "for example --grep 'timeout|refused'",
  ),
  usage(
    'tslog tail -5 app-logs',
    'tail has no flag -5',
    'the number of records is -n; example: tslog tail app-logs -n 5',
  ),
  usage(
    'tslog tail -z app-logs',
    'tail has no flag -z',
    'records that end with a NUL byte are -0; example: tslog tail app-logs -0',
  ),
  usage('tslog produce', 'produce needs a TOPIC', 'example: cat access.log | tslog produce app-logs'),
  usage(
    "tslog produce 'app logs'",
    'not a topic name: "app logs" contains " "',
    'use letters, digits, ".", "_" and "-", such as app-logs',
  ),
  usage(
    'tslog produce app-logs -z lzo',
    "-z: 'lzo' is not one of none, gzip, snappy, lz4, zstd",
    'for example -z zstd:3',
  ),
  usage(
    'tslog produce app-logs --fsync always',
    "--fsync: 'always' is not never, exit, batch or interval:MS",
    'for example --fsync interval:500',
  ),
  usage(
    'tslog close -b h:9092',
    'close works on a directory only: --bootstrap-server is not for it',
    'example: tslog -d /var/lib/tslog close',
  ),
  usage(
    'tslog serve -p 9092',
    'serve has no flag -p',
    'the port is part of --listen: --listen 127.0.0.1:9092; partitions of new topics are --partitions',
  ),
  usage(
    'tslog serve --listen 9092',
    "--listen: '9092' is not an address but a port",
    'for example --listen 127.0.0.1:9092',
  ),
  usage(
    'tslog serve 9092',
    "serve takes no further argument: '9092'",
    "the address is --listen 127.0.0.1:9092; a command of several words needs quotes: --exec 'make test'",
  ),
  usage(
    'tslog serve /srv/logs',
    "serve takes no further argument: '/srv/logs'",
    'the directory is -d; example: tslog serve -d /srv/logs',
  ),
  usage('tslog replicate app-logs host:dir', "'host:dir' is not a peer", 'over ssh that is ssh://host/~/dir'),
  usage(
    'tslog dump --files x.log',
    'dump has no flag --files',
    'the file is the argument; example: tslog dump app-logs:0',
  ),
  usage(
    'tslog offsets app-logs --topic-partitions app-logs:0',
    'offsets has no flag --topic-partitions',
    'the partition is -p; example: tslog offsets app-logs -p 0',
  ),
  notFound('tslog consume app-log', 'topic "app-log" is not in LOG', 'did you mean app-logs?'),
  notFound('tslog consume app-logs -p 7', 'topic app-logs has no partition 7', 'it has partition 0 only'),
  notFound(
    'tslog consume app-logs -o 9999',
    'offset 9999 is not in app-logs [0], which has offsets [0, 2400)',
    'tslog offsets shows what is there',
  ),
  notFound('tslog groups describe nightli', "group 'nightli' is not in LOG", 'did you mean nightly?'),
  notFound(
    'tslog -d nowhere consume app-logs',
    'log directory nowhere is not there',
    'name it with -d DIR or TSLOG_DIR; tslog produce makes it',
  ),
]

test.each(mistakes)('$line: $message', ({ line, status, message, hint }) => {
  const outcome = scene.run(line)
  expect({ ...outcome, stderr: outcome.stderr.replace(/\/\S*\/log\b/, 'LOG') }).toMatchObject({
    status,
    stdout: '',
    stderr: `tslog: ${message}\n  ${hint}\n`,
  })
})

test.each(['topics list', 'offsets app-logs', 'topics describe --json', '--version', 'consume --help'])(
  'a full device as the output of tslog %s is a failure, not one to be tried again',
  (words) => {
    expect(scene.run(`tslog ${words} > /dev/full`)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot write to standard output: no space left on the device \(ENOSPC\)/),
    })
  },
)
