import { fileURLToPath } from 'node:url'
import { kafkaJars } from '../../support/kafka/home.ts'
import { consoleTools } from './console-tools.ts'
import { kafkajs } from './kafkajs.ts'
import { kcat } from './kcat.ts'
import { platformatic } from './platformatic.ts'
import { ProgramClient, type TriedClient } from './tried-client.ts'

export const programs = fileURLToPath(new URL('../programs/', import.meta.url))
/** Debian's own, which has Debian's modules. */
export const python = '/usr/bin/python3'

/** A client, what it can do at all, and how it is started. */
export interface ClientKind {
  readonly name: string
  /** The features of test/interop/script.ts that the client does not have. */
  readonly lacks: readonly string[]
  readonly start: (bootstrap: string) => TriedClient
}

export const allClients: readonly ClientKind[] = [
  {
    name: 'kcat 1.7.1',
    // It ends by itself when no broker is left.
    lacks: ['admin', 'delete records', 'group admin', 'static members', 'log dirs', 'perf test', 'restarts'],
    start: kcat,
  },
  {
    name: 'python3-kafka 2.0.2',
    lacks: ['delete records', 'static members', 'idempotent', 'restarts', 'log dirs', 'perf test'],
    start: (bootstrap) => new ProgramClient(python, [`${programs}kafka_python.py`, bootstrap]),
  },
  {
    name: 'python3-confluent-kafka 1.7',
    lacks: ['group admin', 'delete records', 'log dirs', 'perf test'],
    start: (bootstrap) => new ProgramClient(python, [`${programs}confluent.py`, bootstrap]),
  },
  {
    name: 'kafkajs 2.2.4',
    lacks: ['produce snappy', 'produce lz4', 'produce zstd', 'static members', 'restarts', 'log dirs', 'perf test'],
    start: kafkajs,
  },
  {
    name: '@platformatic/kafka 1.35',
    // Its static members leave the group when they are closed, so that they have nothing to come back to.
    lacks: ['static members', 'restarts', 'perf test'],
    start: platformatic,
  },
  {
    name: 'Java client 4.3.1',
    lacks: ['perf test'],
    start: (bootstrap) =>
      new ProgramClient('java', [...quickJava, '-cp', `${kafkaJars()}/*`, `${programs}JavaClient.java`, bootstrap]),
  },
  {
    name: 'console tools 4.3.1',
    lacks: ['static members', 'restarts', 'long poll', 'idempotent'],
    start: (bootstrap) =>
      consoleTools(
        new ProgramClient('java', [...quickJava, '-cp', `${kafkaJars()}/*`, `${programs}ConsoleTools.java`]),
        bootstrap,
      ),
  },
]

export const quickJava = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
]
