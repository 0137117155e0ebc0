import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files of PEM of one identity. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** An authority in a directory of its own, made with openssl, that signs certificates for this machine. */
export class TestAuthority {
  readonly certificate: string
  readonly #directory: string
  readonly #key: string

  constructor(directory: string, name = 'test authority') {
    this.#directory = directory
    this.certificate = join(directory, `${name.replaceAll(' ', '-')}.pem`)
    this.#key = `${this.certificate}.key`
    openssl(
      directory,
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ['-keyout', this.#key, '-out', this.certificate, '-days', '2', '-subj', `/CN=${name}`],
    )
  }

  /** A certificate for `subject`, such as `/O=Acme/CN=alice`, good for localhost; one that has `expired` was for a second long ago. */
  issue(name: string, { subject = `/CN=${name}`, expired = false } = {}): CertificateFiles {
    const [key, request, certificate] = ['key', 'csr', 'pem'].map((kind) =>
      join(this.#directory, `${name}.${kind}`),
    ) as [string, string, string]
    const extensions = join(this.#directory, `${name}.ext`)
    writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    openssl(
      this.#directory,
      ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ['-keyout', key, '-out', request, '-subj', subject],
    )
    openssl(
      this.#directory,
      ['x509', '-req', '-in', request, '-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial'],
      ['-extfile', extensions, '-out', certificate, '-days', expired ? '-1' : '2'],
    )
    return { certificate, key }
  }
}

/** The text of a file of PEM. */
export function pemText(path: string): string {
  return readFileSync(path, 'utf8')
}

function openssl(directory: string, ...args: readonly (readonly string[])[]): void {
  execFileSync('openssl', args.flat(), { cwd: directory, stdio: 'pipe' })
}
