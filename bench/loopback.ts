import { quote } from './shell.ts'

/**
 * A server and its clients on a loopback of their own, where the system lets us make one. TCP then is the plainest there is (reno), whatever the machine has for
 * its networks: one that sends at the rate it has measured (bbr) takes 0.17 ms or 0.49 ms for a megabyte, as its first measurements went, with any server.
 */
export interface Loopback {
  /** Bash words that become `command`, with the loopback as long as it runs. */
  serve(command: string): string
  /** Bash words that run `command` where the process runs whose id is in the file. */
  join(pidFile: string, command: string): string
}

const namespace = 'unshare --map-root-user --net'

/** To be run in the namespace, with the command as arguments. */
const setUp = `ip link set lo up && echo reno > /proc/sys/net/ipv4/tcp_congestion_control`

const ownLoopback: Loopback = {
  serve: (command) => `${namespace} sh -c ${quote(`${setUp} && exec "$@"`)} sh ${command}`,
  join: (pidFile, command) =>
    `nsenter --preserve-credentials --user --net --target "$(cat ${quote(pidFile)})" ${command}`,
}

const sharedLoopback: Loopback = { serve: (command) => command, join: (_pidFile, command) => command }

/** The machine's loopback where there can be no other. */
export function loopback(succeeds: (script: string) => boolean): Loopback {
  return succeeds(`${namespace} sh -c ${quote(setUp)} && command -v nsenter`) ? ownLoopback : sharedLoopback
}
