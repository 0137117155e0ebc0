import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { outcome } from '../support/binary-runner.ts'
import { builtBinary } from '../support/built-binary.ts'
import { runBinary } from '../support/run-binary.ts'
import { ServeScene } from './serve-scene.ts'

test('a producer waits for a broker that is killed to come back, and each record is there once', async () => {
  const first = await ServeScene.start()
  const { directory, address } = first
  const producer = spawn(builtBinary(), ['produce', 't', '-b', address, '--rate', '20000/s', '--json'])
  const numbers = spawn('seq', ['1', '100000000'], { stdio: ['ignore', 'pipe', 'ignore'] })
  numbers.stdout.on('error', () => undefined)
  producer.stdin.on('error', () => undefined)
  numbers.stdout.pipe(producer.stdin)
  const ended = outcome(producer)
  const end = (): number => Number(runBinary(['offsets', 't', '-b', address]).stdout.toString().trim().split('\t')[3])
  await expect.poll(end, { timeout: 20_000 }).toBeGreaterThan(1_000)
  await first.stop('SIGKILL')
  // Long enough for it to find nobody there, more than once.
  await new Promise((resolve) => setTimeout(resolve, 600))
  const second = await ServeScene.start(['--listen', address], directory)
  const before = end()
  await expect.poll(end, { timeout: 20_000 }).toBeGreaterThan(before + 1_000)
  producer.kill('SIGTERM')
  const { code, stdout } = await ended
  numbers.kill('SIGKILL')
  const { records } = JSON.parse(stdout.toString()) as { records: number }
  expect(code).toBe(143)
  const expected = Array.from({ length: records }, (_, n) => `${n + 1}\n`).join('')
  expect(runBinary(['consume', 't', '-b', address]).stdout.toString() === expected).toBe(true)
  await second.remove()
})
