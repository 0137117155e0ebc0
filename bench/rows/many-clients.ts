import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { portOf, startTslog } from '../broker-sides.ts'
import type { Bench, Goal, Row } from '../row.ts'
import { cpuSecondsOf, quote, runBash } from '../shell.ts'
import { rssAnonOf } from './kafka-presence.ts'

/** How much many clients cost that do little. */
export const manyClientsRows: readonly Row[] = [
  idle('idle-memory', { figure: 'megabytes', must: 150 }, (_core, megabytes) => megabytes),
  idle('idle-cpu', { figure: 'corePercent', must: 2 }, (core) => core),
  join50(),
]

const connections = 1000
const partitions = 1000
const watchedMs = 10_000

function idle(name: string, goal: Goal, choose: (corePercent: number, megabytes: number) => number): Row {
  return {
    name,
    limit: 'no rival: what a small machine can spare',
    goal,
    start: (bench) =>
      Promise.resolve({
        kind: 'reading',
        label: `${connections} idle connections, ${partitions} partitions`,
        read: async () => {
          const { corePercent, megabytes } = await watchIdle(bench)
          const note = `${megabytes.toFixed(1)} MB, ${corePercent.toFixed(2)} % of a core over ${watchedMs / 1000} s`
          return { amount: choose(corePercent, megabytes), note }
        },
      }),
  }
}

async function watchIdle(bench: Bench): Promise<{ corePercent: number; megabytes: number }> {
  const side = startTslog(bench, 'served', [])
  const sockets: Socket[] = []
  try {
    const tslog = (words: string): string => `${quote(bench.tslog)} ${words} -q -b ${side.bootstrap}`
    runBash(
      `${tslog(`topics create t --partitions ${partitions}`)} > /dev/null; seq ${20 * partitions} | ${tslog('produce t --partitioner round-robin')}; ` +
        `test "$(${tslog('offsets t')} | awk '$4 > 0' | wc -l)" = ${partitions}`,
      bench.surroundings,
    )
    for (let count = 0; count < connections; count++) sockets.push(await greeted(Number(portOf(side.bootstrap))))
    await sleep(2000)
    const before = cpuSecondsOf([side.pid])
    await sleep(watchedMs)
    const seconds = cpuSecondsOf([side.pid]) - before
    if (sockets.some(({ closed }) => closed)) throw new Error('an idle connection was closed')
    return { corePercent: (seconds * 100_000) / watchedMs, megabytes: rssAnonOf(side.pid) }
  } finally {
    for (const socket of sockets) socket.destroy()
    side.stop()
  }
}

/** size 11 | ApiVersions 18, version 0, correlation 7, client "b". */
const apiVersions = Buffer.from([0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 7, 0, 1, 98])

/** A connection that has asked once, as every client does first. */
async function greeted(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write(apiVersions)
  await once(socket, 'data')
  return socket
}

const members = 50
const delayMs = 1000

/** All come within the first delay, after which a group waits once more for others (KIP-134); the rest is ours. */
function join50(): Row {
  return {
    name: 'join-50',
    limit: 'no rival: the rebalance delay',
    goal: { figure: 'milliseconds', must: 1000 },
    start: (bench) =>
      Promise.resolve({
        kind: 'reading',
        label: `${members} members of kafkajs join a group, less the rebalance delay`,
        read: async () => {
          const side = startTslog(bench, 'served', ['--group-initial-rebalance-delay-ms', String(delayMs)])
          try {
            runBash(
              `${quote(bench.tslog)} topics create t -q -b ${side.bootstrap} --partitions ${members}`,
              bench.surroundings,
            )
            const elapsedMs = await joinAll(side.bootstrap)
            return { amount: elapsedMs - 2 * delayMs, note: `${elapsedMs.toFixed(0)} ms with twice ${delayMs} ms` }
          } finally {
            side.stop()
          }
        },
      }),
  }
}

/** Milliseconds from the first request to the last assignment of one partition each. */
async function joinAll(bootstrap: string): Promise<number> {
  const kafka = new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.NOTHING })
  const consumers = Array.from({ length: members }, () => kafka.consumer({ groupId: 'g' }))
  try {
    const begun = performance.now()
    await Promise.all(consumers.map(hasJoined))
    return performance.now() - begun
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.disconnect()))
  }
}

async function hasJoined(consumer: Consumer): Promise<void> {
  const assigned = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (Object.values(payload.memberAssignment).flat().length === 1) resolve()
    })
  })
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  await consumer.run({ eachMessage: () => Promise.resolve() })
  await assigned
}
