import { createServer, type Server, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { TemporaryError } from '../../src/base/errors.ts'
import { dial, type DialAddress } from '../../src/network/dial.ts'

const timeoutMs = 5_000
const cleanUps: (() => void)[] = []

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

describe('dial', () => {
  test.each(['tcp', 'unix'] as const)('carries bytes both ways over %s', async (kind) => {
    const address = await listen(kind, (socket) => socket.on('data', (bytes) => socket.end(bytes)))
    const stream = await dial(address, { timeoutMs })
    const echoed = await new Promise<string>((resolve) => {
      let text = ''
      stream.start({
        onBytes: (bytes) => (text += new TextDecoder().decode(bytes)),
        onClose: () => resolve(text),
      })
      stream.send([new TextEncoder().encode('to and '), new TextEncoder().encode('fro')])
    })
    expect(echoed).toBe('to and fro')
  })

  test('names the address and the reason when nobody listens there', async () => {
    const address = await listen('tcp', () => undefined)
    for (const cleanUp of cleanUps.splice(0)) cleanUp()
    const refused = dial(address, { timeoutMs })
    await expect(refused).rejects.toThrow(TemporaryError)
    await expect(refused).rejects.toThrow(/cannot connect to 127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED\)/)
  })

  test('gives up on a TLS handshake that nobody answers', async () => {
    const address = await listen('tcp', () => undefined)
    await expect(dial(address, { timeoutMs: 50, tls: {} })).rejects.toThrow(/no answer within 50 ms/)
  })

  test('tells the end of a connection once, with what broke it', async () => {
    const sockets: Socket[] = []
    const address = await listen('tcp', (socket) => sockets.push(socket))
    const stream = await dial(address, { timeoutMs })
    const ends: unknown[] = []
    await new Promise<void>((resolve) => {
      stream.start({
        onBytes: () => sockets[0]?.resetAndDestroy(),
        onClose: (cause) => {
          ends.push(cause)
          resolve()
        },
      })
      const waitForServer = setInterval(() => {
        if (sockets.length === 0) return
        clearInterval(waitForServer)
        sockets[0]?.resetAndDestroy()
      }, 1)
    })
    stream.close()
    expect(ends).toHaveLength(1)
  })
})

async function listen(kind: DialAddress['kind'], onSocket: (socket: Socket) => void): Promise<DialAddress> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tslog-dial-'))
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  const socketPath = path.join(directory, 's')
  await new Promise<void>((resolve) => {
    if (kind === 'unix') server.listen(socketPath, resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
  const bound = server.address()
  cleanUps.push(() => {
    server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  if (kind === 'unix') return { kind, path: socketPath }
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has a port')
  return { kind, host: '127.0.0.1', port: bound.port }
}
