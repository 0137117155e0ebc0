/** Put in by the build from package.json. */
declare const TSLOG_VERSION: string | undefined

/** The version of this program; `development` where it was not built. */
export function version(): string {
  return typeof TSLOG_VERSION === 'string' ? TSLOG_VERSION : 'development'
}

/** What `tslog --version` prints: `tslog/0.1.0 linux-x64`. */
export function versionLine(): string {
  return `tslog/${version()} ${process.platform}-${process.arch}`
}
