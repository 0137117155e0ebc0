import { type SaslExchange, SaslError, tokenText } from './sasl-step.ts'

/** Says whether a name goes with a password, in the same time whether there is such a name or not. */
export type PasswordCheck = (name: string, password: string) => Promise<boolean>

/** The one token of PLAIN (RFC 4616): `[authzid] NUL name NUL password`. */
export function plainToken(name: string, password: string): Uint8Array {
  return new TextEncoder().encode(`\0${name}\0${password}`)
}

/** The server's half of PLAIN. Nobody may act for somebody else. */
export function plainExchange(check: PasswordCheck): SaslExchange {
  return {
    next: async (token) => {
      const parts = tokenText(token).split('\0')
      const [actFor = '', name = '', password = ''] = parts
      if (parts.length !== 3 || name === '' || password === '') throw new SaslError('the token is not one of PLAIN')
      if (actFor !== '' && actFor !== name) throw new SaslError('nobody may act for somebody else')
      if (!(await check(name, password))) throw new SaslError('wrong name or password')
      return { token: new Uint8Array(0), name }
    },
  }
}
