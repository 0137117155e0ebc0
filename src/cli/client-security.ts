import { UsageError } from '../base/errors.ts'
import type { SaslLogin } from '../client/sasl-login.ts'
import type { DialOptions } from '../network/dial.ts'
import { parseJavaProperties } from '../storage/java-properties.ts'
import type { CliContext } from './context.ts'
import { quoted } from './format/visible-text.ts'
import type { LocationSource } from './location.ts'
import { homeOf, SETTINGS_FILE } from './settings-files.ts'
import { readSmall } from './small-file.ts'
import { locationFiles } from './location-files.ts'
import { readPem } from './pem-file.ts'

/** How to speak to brokers: TLS, and who we are. */
export interface ClientSecurity {
  readonly tls: DialOptions['tls'] | undefined
  readonly login: SaslLogin | undefined
}

export const noSecurity: ClientSecurity = { tls: undefined, login: undefined }

interface Settings {
  /** What messages call the file. */
  readonly path: string
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Reads how brokers are to be spoken to from the file that `TSLOG_CLIENT_CONFIG` names, else from the user's own settings; in Kafka's words, and
 * librdkafka's. Nothing of it is for brokers that a file in the working directory named. Throws `UsageError`, `NotFoundError`.
 */
export function clientSecurity(source: LocationSource, context: CliContext): ClientSecurity {
  const settings = source === 'working-directory' ? undefined : readSettings(context)
  return settings === undefined ? noSecurity : securityOf(settings, protocolOf(settings))
}

/** The same over TLS, whatever the settings say of that: an address said so. */
export function clientSecurityOverTls(context: CliContext): ClientSecurity {
  const settings = readSettings(context)
  if (settings === undefined) return { tls: {}, login: undefined }
  return securityOf(settings, protocolOf(settings).startsWith('SASL') ? 'SASL_SSL' : 'SSL')
}

/** What to tell the user whose own settings are not for the brokers that a file in the working directory named. */
export function withheldSecurity(source: LocationSource, context: CliContext): string | undefined {
  if (source !== 'working-directory') return undefined
  const settings = readSettings(context)
  if (settings === undefined || protocolOf(settings) === 'PLAINTEXT') return undefined
  return `the brokers that ./${SETTINGS_FILE} names get no TLS and no login: ${settings.path} is for brokers that you name yourself, with -b or TSLOG_BROKERS`
}

function readSettings(context: CliContext): Settings | undefined {
  const { environment } = context
  const named = environment['TSLOG_CLIENT_CONFIG'] || undefined
  if (named !== undefined) return { path: named, texts: parseJavaProperties(readSmall(named, 'TSLOG_CLIENT_CONFIG')) }
  const home = homeOf(environment, 'XDG_CONFIG_HOME', '.config')
  if (home === undefined) return undefined
  const path = `${home}/tslog/${SETTINGS_FILE}`
  const text = locationFiles(context.fileSystem()).readText(path)
  return text === undefined ? undefined : { path, texts: parseJavaProperties(text) }
}

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
type Protocol = (typeof protocols)[number]

function securityOf(settings: Settings, protocol: Protocol): ClientSecurity {
  const isTls = protocol === 'SSL' || protocol === 'SASL_SSL'
  const login = protocol.startsWith('SASL') ? loginOf(settings) : undefined
  if (login?.mechanism === 'PLAIN' && !isTls && settings.texts.get('sasl.plain.without.tls') !== 'true') {
    throw bad(settings, 'PLAIN without TLS would show the password to everybody on the way', {
      hint: 'use security.protocol=SASL_SSL or a SCRAM mechanism; or say sasl.plain.without.tls=true',
    })
  }
  return { tls: isTls ? tlsOf(settings) : undefined, login }
}

function protocolOf(settings: Settings): Protocol {
  const text = settings.texts.get('security.protocol')
  if (text === undefined) {
    // Whoever set up a password did not mean to go without.
    const key = [...settings.texts.keys()].find((one) => one.startsWith('sasl.'))
    if (key === undefined) return 'PLAINTEXT'
    throw bad(settings, `${key} without security.protocol`, { hint: 'such as security.protocol=SASL_SSL' })
  }
  const protocol = protocols.find((one) => one === text.trim().toUpperCase())
  if (protocol !== undefined) return protocol
  throw bad(settings, `security.protocol cannot be ${quoted(text)}`, { hint: `one of ${protocols.join(', ')}` })
}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function loginOf(settings: Settings): SaslLogin {
  const text = first(settings, ['sasl.mechanism', 'sasl.mechanisms'])
  const mechanism = mechanisms.find((one) => one === text?.toUpperCase())
  if (mechanism === undefined) {
    const reason = text === undefined ? 'sasl.mechanism is not set' : `sasl.mechanism cannot be ${quoted(text)}`
    throw bad(settings, reason, { hint: `one of ${mechanisms.join(', ')}` })
  }
  const jaas = first(settings, ['sasl.jaas.config']) ?? ''
  const username = first(settings, ['sasl.username']) ?? jaasValue(jaas, 'username')
  const password = first(settings, ['sasl.password']) ?? passwordOfFile(settings) ?? jaasValue(jaas, 'password')
  if (username && password) return { mechanism, username, password }
  throw bad(settings, `${mechanism} needs a name and a password`, {
    hint: 'sasl.username=NAME and sasl.password.file=FILE',
  })
}

function passwordOfFile(settings: Settings): string | undefined {
  const path = first(settings, ['sasl.password.file'])
  return path === undefined ? undefined : readSmall(path, 'sasl.password.file').split(/\r?\n/, 1)[0]
}

/** `name="value"` of a login module's line. */
function jaasValue(jaas: string, name: string): string | undefined {
  const [, double, single, bare] =
    new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|([^\\s;]+))`).exec(jaas) ?? []
  return double?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare
}

function tlsOf(settings: Settings): NonNullable<DialOptions['tls']> {
  const keystore = pem(settings, ['ssl.keystore.location'])
  const ca =
    first(settings, ['ssl.truststore.certificates']) ??
    pem(settings, ['ssl.ca.location', 'ssl.ca.file', 'ssl.truststore.location'])
  const cert =
    first(settings, ['ssl.keystore.certificate.chain']) ??
    pem(settings, ['ssl.certificate.location', 'ssl.certificate.file']) ??
    keystore
  const key = first(settings, ['ssl.keystore.key']) ?? pem(settings, ['ssl.key.location', 'ssl.key.file']) ?? keystore
  const passphrase = first(settings, ['ssl.key.password'])
  return {
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert, key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(isNameChecked(settings) ? {} : { checkServerIdentity: () => undefined }),
  }
}

/** As Kafka and librdkafka have it: empty or `none` leaves the name of the host unchecked, the certificate is checked all the same. */
function isNameChecked({ texts }: Settings): boolean {
  const text = texts.get('ssl.endpoint.identification.algorithm')?.trim().toLowerCase() ?? 'https'
  return text !== '' && text !== 'none'
}

function pem(settings: Settings, keys: readonly string[]): string | undefined {
  const key = keys.find((one) => settings.texts.has(one))
  const path = key === undefined ? undefined : settings.texts.get(key)
  return key === undefined || !path ? undefined : readPem(path, `${key} in ${settings.path}`)
}

function first({ texts }: Settings, keys: readonly string[]): string | undefined {
  return keys.map((key) => texts.get(key)).find((text) => text !== undefined && text !== '')
}

function bad({ path }: Settings, reason: string, facts: { readonly hint: string }): UsageError {
  return new UsageError(`${path}: ${reason}`, facts)
}
