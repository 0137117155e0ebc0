import type { TlsOptions } from 'node:tls'

/** Whether clients show certificates: never, if they like (a bad one is refused), or always. Kafka: ssl.client.auth. */
export type ClientCertificates = 'none' | 'requested' | 'required'

/** The versions of TLS that are believed to be safe, the older one first. */
export const tlsVersions = ['TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof tlsVersions)[number]

/** What a listener speaks TLS with; texts are PEM. */
export interface ServerTls {
  /** Our certificate, and those between it and one that clients trust. */
  readonly certificate: string
  readonly key: string
  readonly keyPassword?: string | undefined
  /** Whose certificates of clients are believed; without it those that the system trusts. */
  readonly trusted?: string | undefined
  readonly clientCertificates: ClientCertificates
  /** What is spoken; all when it is empty. */
  readonly versions: readonly TlsVersion[]
}

/** What may change while a server runs. */
export function contextOptions({ certificate, key, keyPassword, trusted, versions }: ServerTls): TlsOptions {
  const [only] = versions.length === 1 ? versions : []
  return {
    cert: certificate,
    key,
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
    ...(trusted === undefined ? {} : { ca: trusted }),
    minVersion: only ?? 'TLSv1.2',
    maxVersion: only ?? 'TLSv1.3',
  }
}
