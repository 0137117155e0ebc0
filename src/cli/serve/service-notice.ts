import { spawn } from 'node:child_process'

/**
 * Tells the service manager how we are, when it started us and wants to know (`Type=notify`: NOTIFY_SOCKET is set). Its own tool does it, which is
 * there wherever the manager is; when it is not, nothing happens.
 */
export function tellServiceManager(
  state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1',
  environment: Readonly<Record<string, string | undefined>>,
): void {
  if (!environment['NOTIFY_SOCKET']) return
  const told = spawn('systemd-notify', [`--pid=${process.pid}`, state], { stdio: 'ignore', env: environment })
  told.on('error', () => undefined)
  told.unref()
}
