import { UsageError } from '../../base/errors.ts'
import type { BrokerSettings } from '../../broker/broker-settings.ts'
import { type BrokerSecurity, isTls } from '../../broker/security/broker-security.ts'
import type { ListenerConfig } from '../../broker/broker.ts'
import type { ServerTls } from '../../network/server-tls.ts'
import { quoted } from '../format/visible-text.ts'
import { readPem } from '../pem-file.ts'

/** How the broker is to know its clients. Throws `UsageError` when a listener speaks TLS and there is no certificate, or is of no use otherwise. */
export function securityOf(settings: BrokerSettings, listeners: readonly ListenerConfig[]): BrokerSecurity {
  const protocols = listeners.map(({ protocol = 'PLAINTEXT' }) => protocol)
  const { saslMechanisms: mechanisms, isPlainWithoutTls, sessionMs } = settings
  if (protocols.includes('SASL_PLAINTEXT') && !isPlainWithoutTls && mechanisms.every((one) => one === 'PLAIN')) {
    throw new UsageError('SASL_PLAINTEXT: PLAIN would show passwords to everybody on the way', {
      hint: 'use SASL_SSL, or sasl.enabled.mechanisms=SCRAM-SHA-512, or sasl.plain.without.tls=true',
    })
  }
  const tls = protocols.some(isTls) ? tlsOf(settings) : undefined
  return { tls, mechanisms, isPlainWithoutTls, sessionMs, access: accessOf(settings) }
}

/** Kafka's own authorizers are one to us; a class of somebody else's cannot be run here, and nobody must believe that it is. */
function accessOf({ authorizerClassName, superUsers, isOpenWithoutRules }: BrokerSettings): BrokerSecurity['access'] {
  if (authorizerClassName === '') return undefined
  if (
    !/^(org\.apache\.kafka\.metadata\.authorizer\.StandardAuthorizer|kafka\.security\.authorizer\.AclAuthorizer)$/.test(
      authorizerClassName,
    )
  ) {
    throw new UsageError(`authorizer.class.name: ${quoted(authorizerClassName)} is not one that there is here`, {
      hint: 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    })
  }
  const names = superUsers.split(';').map((one) => one.trim())
  const wrong = names.find((name) => name !== '' && !/^User:./.test(name))
  if (wrong !== undefined) {
    throw new UsageError(`super.users: ${quoted(wrong)} is not a principal`, {
      hint: 'such as super.users=User:admin;User:CN=ops',
    })
  }
  return { superUsers: new Set(names), isOpenWithoutRules }
}

function tlsOf(settings: BrokerSettings): ServerTls {
  const { keyPassword, clientCertificates, tlsVersions: versions } = settings
  const keystore = fileText(settings.keystoreFile, 'ssl.keystore.location')
  const trusted = trustedOf(settings)
  const tls = {
    certificate: settings.certificateText || fileText(settings.certificateFile, 'ssl.certificate.file') || keystore,
    key: settings.keyText || fileText(settings.keyFile, 'ssl.key.file') || keystore,
    keyPassword: keyPassword === '' ? undefined : keyPassword,
    trusted: trusted === '' ? undefined : trusted,
    clientCertificates,
    versions,
  }
  checkComplete(tls)
  return tls
}

function trustedOf({ authorityText, authorityFile, truststoreFile }: BrokerSettings): string {
  return authorityText || fileText(authorityFile, 'ssl.ca.file') || fileText(truststoreFile, 'ssl.truststore.location')
}

function checkComplete({ certificate, key, trusted, clientCertificates }: ServerTls): void {
  if (certificate === '' || key === '') {
    throw new UsageError('a listener with TLS needs a certificate and its key', {
      hint: 'ssl.certificate.file=FILE and ssl.key.file=FILE in the --config-file, both PEM',
    })
  }
  if (clientCertificates !== 'none' && trusted === undefined) {
    throw new UsageError(`ssl.client.auth=${clientCertificates} needs whose certificates of clients are believed`, {
      hint: 'ssl.ca.file=FILE',
    })
  }
}

function fileText(path: string, setting: string): string {
  return path === '' ? '' : readPem(path, setting)
}
