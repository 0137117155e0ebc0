import { afterAll, expect, test } from 'vitest'
import { ShellScene } from '../shell-scene.ts'

const scene = new ShellScene()
afterAll(() => scene.remove())

test.each([
  ['that follows', 'tslog tail t'],
  ['that waits for a slow reader', 'tslog consume t'],
])('SIGUSR1 shows what a reader %s has printed, and does not end it', (_name, reader) => {
  const { status, stderr } = scene.run(`
    seq 200000 | tslog produce t
    mkfifo out && exec 3<>out
    ${reader} >&3 & pid=$!
    head -c 1 <&3 > first
    kill -USR1 $pid; sleep 0.3; kill -TERM $pid; sleep 0.1; kill -TERM $pid 2> /dev/null; wait $pid`)
  expect(status).toBe(143)
  expect(stderr).toMatch(/^[\d.]+ (B|KiB), [\d.]+k? records, /m)
})
