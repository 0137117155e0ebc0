import type { X509Certificate } from 'node:crypto'

/** Whom a certificate names, as Kafka writes it (RFC 2253): `CN=alice,O=Acme`, the narrowest first. */
export function distinguishedNameOf({ subject }: X509Certificate): string {
  return subject.split('\n').toReversed().join(',')
}
