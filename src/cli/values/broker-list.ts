import type { UsageError } from '../../base/errors.ts'
import { badValue } from './bad-value.ts'

/** Where a broker listens. */
export interface BrokerAddress {
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
}

/** The port of a broker whose address names none; kcat has it so. */
export const DEFAULT_PORT = 9092

/** A host that cannot be taken for a flag, a path or a command by whatever it is handed to. */
const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})$/
const ipv6 = /^[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,16})?$/

/** Reads `HOST[:PORT][,...]`; IPv6 in brackets: `[::1]:9092`. Throws `UsageError` naming `flag`. */
export function parseBrokerList(text: string, flag: string): BrokerAddress[] {
  return text.split(',').map((part) => parseAddress(part.trim(), () => notBrokers(flag, text)))
}

function parseAddress(text: string, error: () => UsageError): BrokerAddress {
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*))(?::(?<port>\d{1,5}))?$/.exec(text)
  const { v6, name, port } = match?.groups ?? {}
  const host = v6 ?? name ?? ''
  if (!(v6 === undefined ? hostName : ipv6).test(host)) throw error()
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  if (number < 1 || number > 65_535) throw error()
  return { host, port: number }
}

function notBrokers(flag: string, text: string): UsageError {
  return badValue(flag, text, 'a list of HOST:PORT', 'localhost:9092,[::1]:9093')
}
