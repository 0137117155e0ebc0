import type { TlsOptions } from 'node:tls'

/** Whether clients show certificates: never, if they like (a bad one is refused), or always. Kafka: ssl.client.auth. */
export type ClientCertificates = 'none' | 'requested' | 'required'

/** What a listener speaks TLS with; texts are PEM. */
export interface ServerTls {
  /** Our certificate, and those between it and one that clients trust. */
  readonly certificate: string
  readonly key: string
  readonly keyPassword?: string | undefined
  /** Whose certificates of clients are believed; without it those that the system trusts. */
  readonly trusted?: string | undefined
  readonly clientCertificates: ClientCertificates
}

/** What may change while a server runs. */
export function contextOptions({ certificate, key, keyPassword, trusted }: ServerTls): TlsOptions {
  return {
    cert: certificate,
    key,
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
    ...(trusted === undefined ? {} : { ca: trusted }),
    minVersion: 'TLSv1.2',
  }
}
