import { describe, expect, test } from 'vitest'
import { ScramClient } from '../../../src/network/sasl/scram-client.ts'
import {
  hmac,
  hash,
  clientKey,
  exclusiveOr,
  saltedPassword,
  serverKey,
  type ScramCredential,
  scramCredential,
  type ScramMechanism,
  scramMechanisms,
} from '../../../src/network/sasl/scram-keys.ts'
import { toBase64 } from '../../../src/network/sasl/scram-message.ts'
import { ScramServer } from '../../../src/network/sasl/scram-server.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

// RFC 7677, 3
const rfc = {
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

async function credentialOf(mechanism: ScramMechanism, password: string): Promise<ScramCredential> {
  const terms = { salt: Buffer.from(rfc.salt, 'base64'), iterations: 4096 }
  return scramCredential(mechanism, await saltedPassword(mechanism, password, terms), terms)
}

async function serverOf(mechanism: ScramMechanism, password: string): Promise<ScramServer> {
  const credential = await credentialOf(mechanism, password)
  return new ScramServer({
    mechanism,
    credentialOf: (name) => (name === 'user' || name === 'a=b,c' ? credential : undefined),
    nonce: () => rfc.serverNonce,
    secret: encode('secret of the server'),
  })
}

function clientOf(mechanism: ScramMechanism, password: string, name = 'user'): ScramClient {
  return new ScramClient({ mechanism, name, password, nonce: rfc.clientNonce })
}

describe('the client', () => {
  test('says what RFC 7677 says', async () => {
    const client = clientOf('SCRAM-SHA-256', 'pencil')
    expect(decode(client.first())).toBe(`n,,n=user,r=${rfc.clientNonce}`)
    expect(decode(await client.final(encode(rfc.serverFirst)))).toBe(rfc.clientFinal)
    client.verify(encode(rfc.serverFinal))
  })

  test.each([
    ['too few iterations', rfc.serverFirst.replace('i=4096', 'i=4095')],
    ['iterations without end', rfc.serverFirst.replace('i=4096', 'i=100000000')],
    ['iterations that are no number', rfc.serverFirst.replace('i=4096', 'i=4e3')],
    ['the nonce of another exchange', rfc.serverFirst.replace('r=rOpr', 'r=rOpx')],
    ['our nonce alone', `r=${rfc.clientNonce},s=${rfc.salt},i=4096`],
    ['a salt that is none', rfc.serverFirst.replace('W22Z', '****')],
    ['nothing', ''],
  ])('refuses %s', async (_, answer) => {
    await expect(clientOf('SCRAM-SHA-256', 'pencil').final(encode(answer))).rejects.toThrow(/server|form/)
  })

  test.each(['v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'v=', 'e=invalid-proof', 'v=6rri'])(
    'does not believe a server that says %s',
    async (last) => {
      const client = clientOf('SCRAM-SHA-256', 'pencil')
      await client.final(encode(rfc.serverFirst))
      expect(() => client.verify(encode(last))).toThrow(/server|form/)
    },
  )

  test('does not believe a server that skipped the proof', () => {
    const client = clientOf('SCRAM-SHA-256', 'pencil')
    expect(() => client.verify(encode(rfc.serverFinal))).toThrow(/not the one it seems/)
  })
})

describe('the server', () => {
  test('says what RFC 7677 says', async () => {
    const server = await serverOf('SCRAM-SHA-256', 'pencil')
    expect(decode((await server.next(encode(`n,,n=user,r=${rfc.clientNonce}`))).token)).toBe(rfc.serverFirst)
    const last = await server.next(encode(rfc.clientFinal))
    expect([decode(last.token), last.name]).toEqual([rfc.serverFinal, 'user'])
    await expect(server.next(encode(rfc.clientFinal))).rejects.toThrow(/over/)
  })

  test.each(scramMechanisms)('and the client agree on %s, whatever is in the name', async (mechanism) => {
    const server = await serverOf(mechanism, 'pässword')
    const client = clientOf(mechanism, 'pässword', 'a=b,c')
    const { token } = await server.next(client.first())
    const last = await server.next(await client.final(token))
    client.verify(last.token)
    expect(last.name).toBe('a=b,c')
  })

  test('takes a user that is not there as far as one that is, with the same salt each time', async () => {
    const salts: string[] = []
    for (const _ of [1, 2]) {
      const server = await serverOf('SCRAM-SHA-256', 'pencil')
      const client = clientOf('SCRAM-SHA-256', 'pencil', 'nobody')
      const { token } = await server.next(client.first())
      salts.push(decode(token))
      await expect(server.next(await client.final(token))).rejects.toThrow('wrong name or password')
    }
    expect(salts[0]).toBe(salts[1])
    expect(salts[0]).toMatch(/,s=[A-Za-z0-9+/]{22}==,i=4096$/)
  })

  test('does not take a proof that was made for another exchange (CVE-2024-56128)', async () => {
    const server = await serverOf('SCRAM-SHA-256', 'pencil')
    await server.next(encode('n,,n=user,r=another'))
    await expect(server.next(encode(rfc.clientFinal))).rejects.toThrow(/nonce/)
  })

  test('does not take what fits its own nonce but not the binding that was begun with', async () => {
    const server = await serverOf('SCRAM-SHA-256', 'pencil')
    await server.next(encode(`y,,n=user,r=${rfc.clientNonce}`))
    await expect(server.next(encode(rfc.clientFinal))).rejects.toThrow(/binding/)
  })

  test.each([
    'n,,n=user,r=abc,x',
    'p=tls-unique,,n=user,r=abc',
    'n,a=other,n=user,r=abc',
    'n,,n=us=er,r=abc',
    'n,,n=,r=abc',
    'n,,m=1,n=user,r=abc',
    'n,,n=user,r=',
    'n,,n=user,r=a\u0000b',
    'n,,n=user,r=abc,tokenauth=true',
    '',
    '\u0000user\u0000pencil',
  ])('refuses to begin with %j', async (first) => {
    const server = await serverOf('SCRAM-SHA-256', 'pencil')
    await expect(server.next(encode(first))).rejects.toThrow(/form|binding|somebody|escaped|nonce/)
  })

  test.each([
    ['a wrong password', 'pencils'],
    ['no password', ''],
  ])('does not take %s', async (_, password) => {
    const server = await serverOf('SCRAM-SHA-256', 'pencil')
    const client = clientOf('SCRAM-SHA-256', password)
    const { token } = await server.next(client.first())
    await expect(server.next(await client.final(token))).rejects.toThrow('wrong name or password')
  })
})

test('the keys of SCRAM fit together: what proves the password opens what is kept, and nothing kept opens anything', async () => {
  for (const mechanism of scramMechanisms) {
    const terms = { salt: Buffer.from(rfc.salt, 'base64'), iterations: 4096 }
    const salted = await saltedPassword(mechanism, 'pencil', terms)
    const kept = scramCredential(mechanism, salted, terms)
    const signature = hmac(mechanism, kept.storedKey, 'message')
    const proof = exclusiveOr(clientKey(mechanism, salted), signature)
    expect(toBase64(hash(mechanism, exclusiveOr(proof, signature)))).toBe(toBase64(kept.storedKey))
    expect(toBase64(serverKey(mechanism, salted))).toBe(toBase64(kept.serverKey))
    expect(Object.values(kept)).not.toContain(salted)
  }
})
