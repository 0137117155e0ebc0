import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { directoryLeader, storeGroupsIn } from '../../src/cli/replicate/directory-ends.ts'
import { PeerLink } from '../../src/cli/replicate/peer-link.ts'
import { answerPeer, pull, push } from '../../src/cli/replicate/sessions.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import type { LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import { expect } from 'vitest'
import type { BinaryRunner } from '../support/binary-runner.ts'
import { connected, type Fault } from './cut-stream.ts'
import { plainRequest } from './plain-request.ts'
import { lines, ReplicaScene } from './replica-scene.ts'

const fileSystem = new NodeFileSystem()
/** A source and a copy in one process, with a link in between that has faults. */
export class LinkScene extends ReplicaScene {
  readonly #records: ReturnType<BinaryRunner['numbered']>

  constructor() {
    super()
    this.source.produce('app', lines(1500), '--config', 'segment.bytes=8000', '--batch-size', '1000')
    this.#records = this.source.numbered('app')
  }

  options(path: string): LogDirectoryOptions {
    return { fileSystem, clock: systemClock, random: systemRandom, path, lockWaitMs: 1000 }
  }

  /** One run over a link with a fault; true when it came to its end. */
  async run(direction: 'push' | 'pull', fault: Fault): Promise<boolean> {
    const [source, copy] = [this.options(this.source.directory), this.options(this.copy.directory)]
    const [near, far] = connected(fault)
    const answering = direction === 'push' ? copy : source
    const answered = answerPeer(new PeerLink(far, false), {
      openLeader: () => directoryLeader(answering),
      seat: { directory: answering, storeGroups: (groups) => storeGroupsIn(answering, groups) },
    }).catch(() => undefined)
    const link = new PeerLink(near, true)
    const watch = { onProgress: () => undefined, onReport: () => undefined, stop: new AbortController().signal }
    const leader = directoryLeader(source)
    const seat = { ...watch, directory: copy, storeGroups: async () => 0 }
    const ran = direction === 'push' ? push(link, leader, plainRequest, watch) : pull(link, plainRequest, seat)
    const isDone = await ran.then(
      () => true,
      () => false,
    )
    leader.close()
    link.close()
    await answered
    return isDone
  }

  /** What stands in the copy is what stands in the source, as far as it goes. */
  expectPrefix(): void {
    if (this.copy.run(['topics', 'list']).stdout.toString() === '') return
    const copied = this.copy.numbered('app')
    expect(copied).toEqual(this.#records.slice(0, copied.length))
  }

  expectSame(): void {
    expect(this.filesOf(this.copy, 'app-0')).toEqual(this.filesOf(this.source, 'app-0'))
  }
}

/** Cuts the connection once so many bytes have gone either way. */
export function cutAfter(bytes: number): Fault {
  let left = bytes
  return (sent) => {
    const passed = sent.subarray(0, left)
    left -= passed.length
    return { bytes: passed, isCut: passed.length < sent.length }
  }
}

/** Nothing happens to what is sent. */
export const through: Fault = (bytes) => ({ bytes, isCut: false })

/** How many bytes go over the link of a whole run, and where frames end. */
export async function measured(direction: 'push' | 'pull'): Promise<number[]> {
  const borders = [0]
  const scene = new LinkScene()
  const isDone = await scene.run(direction, (bytes) => {
    borders.push((borders.at(-1) ?? 0) + bytes.length)
    return { bytes, isCut: false }
  })
  expect(isDone).toBe(true)
  scene.expectSame()
  return borders
}
