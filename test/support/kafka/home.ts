import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The newest Apache Kafka whose command-line tools are on Maven Central too. It needs Java 17. */
export const KAFKA_VERSION = '4.3.1'

const sources = fileURLToPath(new URL('./oracle/', import.meta.url))

/** Where the jars of Kafka live, outside the repository: TSLOG_KAFKA_HOME, or one directory per version in the user's cache. */
export function kafkaHome(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return process.env['TSLOG_KAFKA_HOME'] ?? join(cache, 'tslog-kafka', KAFKA_VERSION)
}

/** The folder that is renamed into place when all jars are there, so that its presence means a whole Kafka. */
export function kafkaJars(): string {
  return join(kafkaHome(), 'libs')
}

/** Why the real Kafka cannot be used on this machine, or undefined when it can. */
export function kafkaMissing(): string | undefined {
  const reason = missingPart()
  if (reason === undefined) return undefined
  if (process.env['TSLOG_REQUIRE_TOOLS'] === '1') throw new Error(`${reason}, and TSLOG_REQUIRE_TOOLS is 1`)
  process.stderr.write(`SKIPPED: tests against Apache Kafka: ${reason}\n`)
  return reason
}

function missingPart(): string | undefined {
  if (!existsSync(kafkaJars())) return 'Apache Kafka is not here: node test/support/kafka/fetch.ts brings it'
  if (spawnSync('javac', ['-version']).status !== 0) {
    return 'there is no Java compiler (a JDK 17 or newer) on this machine'
  }
  return undefined
}

/**
 * Compiles test/support/kafka/oracle into the cache, once per state of its sources, and returns the class path that runs it.
 * Two test files may do so at the same time: each compiles beside, the first rename wins.
 */
export function oracleClassPath(): string {
  const files = globSync(join(sources, '*.java')).sort()
  const digest = createHash('sha256')
  for (const file of files) digest.update(readFileSync(file))
  const classes = join(kafkaHome(), `oracle-${digest.digest('hex').slice(0, 16)}`)
  if (!existsSync(classes)) compile(files, classes)
  return `${classes}:${kafkaJars()}/*`
}

function compile(files: readonly string[], classes: string): void {
  mkdirSync(kafkaHome(), { recursive: true })
  const beside = mkdtempSync(`${classes}-`)
  const javac = spawnSync('javac', ['-d', beside, '-cp', `${kafkaJars()}/*`, ...files], { encoding: 'utf8' })
  if (javac.status !== 0) {
    rmSync(beside, { recursive: true })
    throw new Error(`javac failed on the oracle\n${javac.stderr}`, { cause: javac.error })
  }
  try {
    renameSync(beside, classes)
  } catch (error) {
    rmSync(beside, { recursive: true })
    if (!existsSync(classes)) throw error
  }
}
