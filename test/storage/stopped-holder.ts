import type { ChildProcess } from 'node:child_process'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import type { BinaryRunner } from '../support/binary-runner.ts'

/** A producer with the lock of its partition that does not run: stopped at random until it is caught with it. */
export async function stoppedHolder(log: BinaryRunner): Promise<ChildProcess> {
  const holder = log.start(['produce', 't', '--linger', '0', '--batch-size', '1'])
  const line = `${'busy '.repeat(20)}\n`
  const feed = () => {
    if (holder.stdin?.writable === true) holder.stdin.write(line.repeat(2000), feed)
  }
  feed()
  const lock = new NodeFileSystem().open(log.path('t-0', 'tslog.lock'), 'create')
  try {
    for (let attempt = 0; attempt < 300; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 3 + Math.random() * 10))
      holder.kill('SIGSTOP')
      if (!lock.lock('exclusive', 20)) return holder
      lock.unlock()
      holder.kill('SIGCONT')
    }
    throw new Error('the producer was never caught with its lock')
  } finally {
    lock.close()
  }
}
