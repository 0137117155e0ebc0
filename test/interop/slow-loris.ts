/**
 * Clients that send a byte a second against `tslog serve`: `node test/interop/slow-loris.ts [connections, 1000]`. Prints what an honest client
 * waits for its answers before they are there and while they are, and how many of them were cut off; exits 1 when some were not, when
 * the honest one waits twice as long, or when memory grew by more than 64 MB.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultServerLimits } from '../../src/network/server-limits.ts'
import { clientBatch, makeTopic, produce } from '../broker/requests.ts'
import { ServeScene } from '../broker/serve-scene.ts'

const connections = Number(process.argv[2] ?? 1000)
const baselineMs = 10_000

const scene = await ServeScene.start()
const honest = await scene.connect()
await makeTopic(honest, 'honest')

await waits(2000)
const alone = await waits(baselineMs)
const memoryBefore = anonymousMb()
const slow = await Promise.all(Array.from({ length: connections }, beginSlowly))
const dripping = setInterval(() => drip(slow), 1000)
const beside = await waits(defaultServerLimits.requestMs)
const memoryAfter = anonymousMb()
await sleep(5000)
clearInterval(dripping)
const cutOff = slow.filter(({ destroyed }) => destroyed).length
for (const socket of slow) socket.destroy()
await scene.remove()

const [ratioOfMedians, ratioOfP99] = [beside.median / alone.median, beside.p99 / alone.p99]
console.log(`alone:  median ${alone.median.toFixed(2)} ms, p99 ${alone.p99.toFixed(2)} ms of ${alone.count} answers`)
console.log(`beside: median ${beside.median.toFixed(2)} ms, p99 ${beside.p99.toFixed(2)} ms of ${beside.count} answers`)
console.log(
  `${cutOff} of ${connections} cut off; ${memoryBefore} -> ${memoryAfter} MB; p99 ${ratioOfP99.toFixed(2)} times`,
)
process.exit(cutOff === connections && ratioOfP99 < 2 && ratioOfMedians < 2 && memoryAfter - memoryBefore < 64 ? 0 : 1)

interface Waits {
  readonly median: number
  readonly p99: number
  readonly count: number
}

/** What one record after the other takes to be answered, for so long, in ms. */
async function waits(forMs: number): Promise<Waits> {
  const took: number[] = []
  for (const end = performance.now() + forMs; performance.now() < end; await sleep(5)) {
    const begun = performance.now()
    const { errorCode } = await produce(honest, 'honest', clientBatch(['x'.repeat(1000)]))
    if (errorCode !== 0) throw new Error(`an honest record was refused: ${errorCode}`)
    took.push(performance.now() - begun)
  }
  took.sort((one, other) => one - other)
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? 0
  return { median: at(0.5), p99: at(0.99), count: took.length }
}

/** Claims a megabyte, and has sent nothing of it. */
function beginSlowly(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: scene.port, noDelay: true }, () => {
      socket.write(Uint8Array.from([0, 0x10, 0, 0]))
      resolve(socket)
    })
    socket.on('error', (error) => (socket.connecting ? reject(error) : socket.destroy()))
    socket.on('close', () => socket.destroy())
    socket.resume()
  })
}

function drip(sockets: readonly Socket[]): void {
  for (const socket of sockets) if (!socket.destroyed) socket.write(Uint8Array.from([0]))
}

function anonymousMb(): number {
  const status = readFileSync(`/proc/${scene.pid}/status`, 'utf8')
  return Math.round(Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024)
}
