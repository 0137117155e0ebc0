import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOutKafka } from '../test/support/kafka/broker.ts'
import { kafkaJars, kafkaMissing } from '../test/support/kafka/home.ts'
import type { Bench, Row } from './row.ts'
import { isInstalled, quote, runBash } from './shell.ts'

const rivals = fileURLToPath(new URL('./rivals', import.meta.url))

/** A broker that stands while the pairs of a row run. */
export interface Side {
  /** `127.0.0.1:PORT`. */
  readonly bootstrap: string
  /** Bash for the topic that `freshTopic` made last. */
  readonly topic: string
  readonly topicFile: string
  readonly pid: number
  /** Kills it and removes what it wrote. */
  stop(): void
}

/** As kafka-server-start.sh starts it. */
const shippedJvm =
  '-Xmx1G -Xms1G -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true'

/** Kafka's defaults, but for the room that deleted topics take, and for groups of one member, which need not wait for more. */
const kafkaProperties = {
  'offsets.topic.num.partitions': '50',
  'log.segment.delete.delay.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
}

/** Why rows against Apache Kafka cannot run here. */
export function kafkaRowsMissing(): Awaited<ReturnType<Row['start']>> | undefined {
  const reason = isInstalled('cc') ? kafkaMissing() : 'there is no C compiler (cc) for the clients'
  return reason === undefined ? undefined : { kind: 'skipped', reason }
}

/** Starts `tslog serve` on a fresh directory of that name in `work`, and returns once it answers. */
export function startTslog(bench: Bench, name: string, flags: readonly string[]): Side {
  const directory = join(bench.work, name)
  const address = `${directory}.address`
  rmSync(address, { force: true })
  const words = ['serve', '-d', directory, '--quiet', '--listen', '127.0.0.1:0', ...flags]
  const pid = start(bench, { command: bench.tslog, words, output: address })
  runBash(`until test -s ${quote(address)}; do sleep 0.02; done`, bench.surroundings)
  const bootstrap = readFileSync(address, 'utf8').trim()
  return standing(bench, { name, bootstrap, pid, directory })
}

/** The same for Apache Kafka, broker and controller in one process. */
export async function startKafka(bench: Bench): Promise<Side> {
  const home = join(bench.work, 'kafka')
  const { config, bootstrap } = await layOutKafka({ home, properties: kafkaProperties })
  const words = [...shippedJvm.split(' '), '-cp', `${kafkaJars()}/*`, 'kafka.Kafka', config]
  const pid = start(bench, { command: 'java', words, output: join(home, 'said') })
  return standing(bench, { name: 'kafka', bootstrap, pid, directory: home })
}

/** The bash words that start Apache Kafka with that file of properties. */
export function kafkaServer(config: string): string {
  return `java ${shippedJvm} -cp ${quote(`${kafkaJars()}/*`)} kafka.Kafka ${quote(config)}`
}

function start(
  bench: Bench,
  { command, words, output }: { readonly command: string; readonly words: readonly string[]; readonly output: string },
): number {
  // What it says goes to files: nobody reads a pipe while a script runs.
  const [out, err] = [openSync(output, 'w'), openSync(`${output}.err`, 'w')]
  const child = spawn(command, words, { ...bench.surroundings, stdio: ['ignore', out, err] })
  closeSync(out)
  closeSync(err)
  child.unref()
  if (child.pid === undefined) throw new Error(`${command} cannot be started`)
  return child.pid
}

function standing(
  bench: Bench,
  { name, bootstrap, pid, directory }: { name: string; bootstrap: string; pid: number; directory: string },
): Side {
  const stop = (): void => {
    process.kill(pid, 'SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    runBash(`${firstMetadata(bench)} ${portOf(bootstrap)}`, bench.surroundings)
  } catch (error) {
    stop()
    throw error
  }
  return { bootstrap, topic: `"$(cat ${name}.topic)"`, topicFile: `${name}.topic`, pid, stop }
}

/** The port of `HOST:PORT`. */
export function portOf(bootstrap: string): string {
  return bootstrap.slice(bootstrap.lastIndexOf(':') + 1)
}

/** The program that waits until a broker answers Metadata, compiled first; its argument is the port. */
export function firstMetadata(bench: Bench): string {
  const program = join(bench.data, 'first-metadata')
  const source = join(rivals, 'first-metadata.c')
  runBash(`cc -O2 -o ${quote(program)} ${quote(source)}`, bench.surroundings)
  return quote(program)
}

/** The bash words that run a class of Kafka's, or one of `rivals/`, which is compiled first. */
export function javaClass(bench: Bench, name: string): string {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  if (name.includes('.')) return `java ${quiet} -cp ${quote(`${kafkaJars()}/*`)} ${name}`
  const classes = join(bench.data, name)
  mkdirSync(classes, { recursive: true })
  const source = join(rivals, `${name}.java`)
  runBash(`javac -d ${quote(classes)} -cp ${quote(`${kafkaJars()}/*`)} ${quote(source)}`, bench.surroundings)
  return `java ${quiet} -cp ${quote(`${classes}:${kafkaJars()}/*`)} ${name}`
}

/** Bash that puts an empty topic in place of the last one. */
export function freshTopic(bench: Bench, { bootstrap, topic, topicFile }: Side, configs = ''): string {
  const topics = (words: string): string => `${quote(bench.tslog)} topics ${words} -q -b ${bootstrap} > /dev/null`
  return [
    `test ! -e ${topicFile} || ${topics(`delete ${topic} --yes`)}`,
    `echo "t$(date +%s%N)" > ${topicFile}`,
    topics(`create ${topic} ${configs}`),
  ].join('; ')
}

/** Bash that fails unless the topic holds exactly so many records. */
export function holds(bench: Bench, { bootstrap, topic }: Side, records: number): string {
  const end = `${quote(bench.tslog)} offsets ${topic} -q -b ${bootstrap} | cut -f 4`
  return `end="$(${end})"; test "$end" = ${records} || { echo "$end records of ${records}" >&2; exit 1; }`
}
