import { choice, choices, flag, text, wholeNumber } from '../storage/config-definition.ts'
import { tlsVersions } from '../network/server-tls.ts'
import { saslMechanisms } from './security/authentication.ts'

const byDefault = ''

/** How a broker knows its clients and what they may do: Kafka's names, and ours for files of PEM, which is what we read. */
export const securitySettings = {
  saslMechanisms: {
    ...choices('sasl.enabled.mechanisms', saslMechanisms, {
      byDefault: 'SCRAM-SHA-512',
      example: 'SCRAM-SHA-512',
      doc: 'How clients of SASL listeners may prove who they are.',
    }),
    defaultText: 'SCRAM-SHA-256,SCRAM-SHA-512',
    defaultValue: ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const,
  },
  isPlainWithoutTls: flag('sasl.plain.without.tls', {
    byDefault: 'false',
    example: 'true',
    doc: 'Whether PLAIN is taken where everybody on the way can read the password.',
  }),
  sessionMs: wholeNumber('connections.max.reauth.ms', {
    type: 'long',
    min: 0n,
    unit: 'ms',
    byDefault: '0',
    example: '1h',
    doc: 'How long a proof is good for before the client has to give a new one; 0 for as long as the connection stands.',
  }),
  strangerBytesMax: wholeNumber('sasl.server.max.receive.size', {
    type: 'int',
    min: 1024n,
    unit: 'bytes',
    byDefault: '524288',
    example: '512KiB',
    doc: 'The largest request before the client has said who it is.',
  }),
  certificateFile: text('ssl.certificate.file', {
    byDefault,
    example: '/etc/tslog/server.pem',
    doc: 'Our certificate and those up to the authority, as PEM.',
  }),
  keyFile: text('ssl.key.file', { byDefault, example: '/etc/tslog/server.key', doc: 'Its key, as PEM.' }),
  keyPassword: text('ssl.key.password', { byDefault, example: 'changeit', doc: 'What the key is encrypted with.' }),
  authorityFile: text('ssl.ca.file', {
    byDefault,
    example: '/etc/tslog/ca.pem',
    doc: 'Whose certificates of clients are believed, as PEM.',
  }),
  keystoreFile: text('ssl.keystore.location', {
    byDefault,
    example: '/etc/tslog/server.pem',
    doc: 'Key and certificates in one file of PEM.',
  }),
  keystoreType: choice('ssl.keystore.type', ['PEM'], { byDefault: 'PEM', example: 'PEM', doc: 'PEM alone.' }),
  truststoreFile: text('ssl.truststore.location', {
    byDefault,
    example: '/etc/tslog/ca.pem',
    doc: 'The same as ssl.ca.file.',
  }),
  truststoreType: choice('ssl.truststore.type', ['PEM'], { byDefault: 'PEM', example: 'PEM', doc: 'PEM alone.' }),
  certificateText: text('ssl.keystore.certificate.chain', {
    byDefault,
    example: '-----BEGIN CERTIFICATE-----...',
    doc: 'The certificates themselves, instead of their file.',
  }),
  keyText: text('ssl.keystore.key', {
    byDefault,
    example: '-----BEGIN PRIVATE KEY-----...',
    doc: 'The key itself, instead of its file.',
  }),
  authorityText: text('ssl.truststore.certificates', {
    byDefault,
    example: '-----BEGIN CERTIFICATE-----...',
    doc: 'The authorities themselves, instead of their file.',
  }),
  tlsVersions: {
    ...choices('ssl.enabled.protocols', tlsVersions, {
      byDefault: 'TLSv1.3',
      example: 'TLSv1.3',
      doc: 'The versions of TLS that are spoken.',
    }),
    defaultText: tlsVersions.join(','),
    defaultValue: tlsVersions,
  },
  clientCertificates: choice('ssl.client.auth', ['none', 'requested', 'required'], {
    byDefault: 'none',
    example: 'required',
    doc: 'Whether clients of SSL listeners show certificates; User: and the name in it is who they are.',
  }),
  authorizerClassName: text('authorizer.class.name', {
    byDefault,
    example: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    doc: 'Whether access rules hold: by any of the names that Kafka has for its own.',
  }),
  superUsers: text('super.users', {
    byDefault,
    example: 'User:admin;User:CN=ops,O=Acme',
    doc: 'Who may do everything, with semicolons between.',
  }),
  isOpenWithoutRules: flag('allow.everyone.if.no.acl.found', {
    byDefault: 'false',
    example: 'true',
    doc: 'Whether what no access rule speaks of is for everybody.',
  }),
}
