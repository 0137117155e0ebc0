import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { SocketStream } from '../../src/network/socket-stream.ts'
import { nativeCalls } from '../../src/disk/native-calls.ts'
import { answerOf, firstWordOf, inShell, start } from './processes.ts'

describe('poll', () => {
  test('says whether a descriptor is ready, or none', () => {
    const fd = openSync('/dev/zero', 'r')
    expect(nativeCalls()?.poll(fd, 'readable', 1_000)).toBe('ready')
    expect(nativeCalls()?.poll(fd, 'writable', 1_000)).toBe('ready')
    expect(nativeCalls()?.poll(fd, 'hang-up', 5)).toBe('timeout')
    closeSync(fd)
    expect(nativeCalls()?.poll(1_000_000, 'readable', 1_000)).toBe('hung-up')
  })

  test('ends after its time', () => {
    expect(nativeCalls()?.poll(-1, 'readable', 5)).toBe('timeout')
  })

  test.each(['node', 'bun'] as const)('ends at a signal, though it has a handler (%s)', async (runtime) => {
    const child = start(runtime, 'poll')
    expect(await firstWordOf(child)).toBe('ready')
    // Again and again, since the first may come before the wait begins.
    const signals = setInterval(() => child.kill('SIGUSR2'), 20)
    expect(await answerOf(child)).toBe('"interrupted"')
    clearInterval(signals)
  })

  test.each(['node', 'bun'] as const)(
    'notices that the reader of a pipe is gone, which was made bigger (%s)',
    async (runtime) => {
      const said = await answerOf(inShell('{ {} pipe | sleep 0.2; } 2>&1', runtime))
      expect(said).toBe('grown: true\nhung-up')
    },
  )
})

test('tells which signals whoever started us set to be ignored', async () => {
  // Node begins with every signal as it is by default.
  expect(await answerOf(inShell("trap '' HUP; {} ignores", 'bun'))).toBe('true false')
})

test('a file goes through a socket behind what was sent ahead, as far as the socket takes it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tslog-send-'))
  const path = join(directory, 'file')
  const bytes = randomBytes(20_000_000)
  writeFileSync(path, bytes)
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>((resolve) => void server.once('connection', resolve))
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  const socket = await accepted
  const file = new NodeFileSystem().open(path, 'read')
  const descriptor = new SocketStream(socket, 'reader', { isBare: true }).openSocket ?? -1
  const sent = file.sendTo(descriptor, Buffer.from('head'), 1000, 19_000_000)
  expect(sent).toBeGreaterThan(4)
  expect(sent).toBeLessThan(19_000_004)
  expect(file.sendTo(descriptor, Buffer.from('more'), 0, 1)).toBe(0)
  socket.end()
  const got = await buffer(reader)
  expect(got.equals(Buffer.concat([Buffer.from('head'), bytes.subarray(1000, 1000 + sent - 4)]))).toBe(true)
  expect(file.sendTo(1_000_000, Buffer.from('head'), 0, 1)).toBe(0)
  file.close()
  server.close()
  rmSync(directory, { recursive: true })
})

test('what is no pipe cannot be made bigger', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tslog-disk-'))
  const fd = openSync(join(directory, 'file'), 'w')
  expect(nativeCalls()?.setPipeSize(fd, 1 << 20)).toBe(false)
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

test('a lock or a size of no file is a failure by its name', () => {
  expect(nativeCalls()?.ofdLock(1_000_000, 'shared')).toBe('EBADF')
  expect(nativeCalls()?.fileSize(1_000_000)).toBe(-1)
})
