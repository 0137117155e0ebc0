import { existsSync, mkdirSync, openSync, closeSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `access`: lines of a web server's access log, 98 bytes on average; `short`: about 20 bytes; `json`: objects of about 1 KB; `keyed`: lines of 100 bytes
 * with one of a million keys before a colon.
 */
export type InputKind = 'access' | 'short' | 'json' | 'keyed'

/**
 * The path of a file of `size` bytes or one line more, all of it whole lines, with the same content for the same seed on every machine.
 * Made once per size and kept in `directory`.
 */
export function inputFile(directory: string, kind: InputKind, size: number): string {
  const path = join(directory, `${kind}-${size}.txt`)
  if (existsSync(path)) return path
  mkdirSync(directory, { recursive: true })
  const beside = `${path}.tmp`
  writeLines(beside, lineMakers[kind](new Chance(0x5eed)), size)
  renameSync(beside, path)
  return path
}

function writeLines(path: string, line: () => string, size: number): void {
  const file = openSync(path, 'w')
  try {
    for (let written = 0; written < size;) {
      let block = ''
      while (block.length < 262_144 && written + block.length < size) block += line()
      written += writeSync(file, block, null, 'latin1')
    }
  } finally {
    closeSync(file)
  }
}

/** xorshift32: quick, and the same everywhere. */
class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** An integer in [0, end). */
  below(end: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) % end
  }

  of(words: readonly string[]): string {
    return words[this.below(words.length)] ?? ''
  }

  /** Small values are common, large ones rare, as sizes and durations are. */
  skewed(end: number): number {
    return this.below(1 + this.below(end))
  }
}

const lineMakers: Record<InputKind, (chance: Chance) => () => string> = {
  access(chance) {
    const clock = new LogClock(chance)
    return () =>
      `${address(chance)} - ${chance.of(users)} [${clock.next()}] "${chance.of(methods)} ${path(chance)} HTTP/1.1" ` +
      `${chance.of(statuses)} ${chance.skewed(100_000)}\n`
  },
  short(chance) {
    return () => `${chance.of(metrics)} ${chance.skewed(1_000_000)} ${1_700_000_000 + chance.below(86_400)}\n`
  },
  keyed(chance) {
    return () => `user-${String(chance.below(1_000_000)).padStart(8, '0')}:${hex(chance, 84)}\n`
  },
  json(chance) {
    const clock = new LogClock(chance)
    return () => {
      const event = {
        time: clock.next(),
        level: chance.of(levels),
        service: chance.of(services),
        requestId: hex(chance, 32),
        remote: address(chance),
        path: path(chance),
        status: Number(chance.of(statuses)),
        bytes: chance.skewed(1_000_000),
        durationMs: chance.skewed(5_000),
        message: sentence(chance, 42 + chance.below(50)),
        labels: { host: `web-${chance.below(64)}`, zone: chance.of(zones), commit: hex(chance, 40) },
        spans: Array.from({ length: 3 }, () => ({
          id: hex(chance, 16),
          name: chance.of(services),
          ms: chance.skewed(900),
        })),
      }
      return `${JSON.stringify(event)}\n`
    }
  },
}

/** Time that goes on by a second every few lines, written as web servers do. */
class LogClock {
  readonly #chance: Chance
  #second = Date.UTC(2026, 10, 22) / 1000
  #text = ''

  constructor(chance: Chance) {
    this.#chance = chance
  }

  next(): string {
    if (this.#text === '' || this.#chance.below(40) === 0) this.#text = webServerTime(this.#second++)
    return this.#text
  }
}

function webServerTime(second: number): string {
  const [day = '', time = ''] = new Date(second * 1000).toISOString().slice(0, 19).split('T')
  const [year, month, date] = day.split('-')
  return `${date}/${months[Number(month) - 1]}/${year}:${time} +0000`
}

function address(chance: Chance): string {
  return `${10 + chance.below(200)}.${chance.below(256)}.${chance.below(256)}.${chance.below(256)}`
}

function path(chance: Chance): string {
  const query = chance.below(6) === 0 ? `?page=${chance.skewed(400)}` : ''
  return `/${chance.of(sections)}/${chance.of(words)}/${chance.skewed(100_000)}${query}`
}

function hex(chance: Chance, digits: number): string {
  let text = ''
  while (text.length < digits) text += chance.below(0x10000).toString(16).padStart(4, '0')
  return text.slice(0, digits)
}

function sentence(chance: Chance, count: number): string {
  return Array.from({ length: count }, () => chance.of(words)).join(' ')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const methods = ['GET', 'GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'HEAD']
const statuses = ['200', '200', '200', '200', '200', '304', '301', '404', '500']
const users = ['-', '-', '-', '-', '-', '-', '-', 'ada', 'grace', 'edsger']
const sections = ['api/v1', 'api/v2', 'static', 'images/large', 'search', 'account', 'shop/europe']
const metrics = ['cpu', 'load', 'rx', 'tx', 'mem', 'io', 'p99', 'temp']
const levels = ['INFO', 'INFO', 'INFO', 'INFO', 'WARN', 'ERROR', 'DEBUG']
const services = ['checkout', 'catalog', 'identity', 'mailer', 'gateway', 'inventory', 'pricing']
const zones = ['eu-central-1a', 'eu-central-1b', 'us-east-1c', 'ap-south-1a']
const words = [
  'order',
  'basket',
  'item',
  'customer',
  'invoice',
  'token',
  'session',
  'payment',
  'address',
  'retry',
  'timeout',
  'cache',
  'miss',
  'lookup',
  'accepted',
  'rejected',
  'pending',
  'shipment',
  'upstream',
  'queue',
  'batch',
  'worker',
  'index',
  'refresh',
]
