import { existsSync } from 'node:fs'
import { followLatencies } from '../follow-latency.ts'
import type { Bench, Row } from '../row.ts'
import { isInstalled, quote, runBash } from '../shell.ts'

/** Copies over an ssh of this machine: its sshd is a child of ssh, so that there is no port and nothing to stop. */
export const replicateRows: readonly Row[] = [
  {
    name: 'replicate-first',
    limit: 'the same bytes through the same ssh into a file, then sync',
    goal: { figure: 'time', must: 1.2, hopedFor: 1.05 },
    async start(bench) {
      const skipped = missing()
      if (skipped !== undefined) return skipped
      const tslog = await filled(bench)
      runBash('cat log/t-0/*.log > f', bench.surroundings)
      return {
        kind: 'duel',
        tslog: { label: 'tslog replicate t ssh://here/copy', prepare: 'rm -rf copy', script: replicate(tslog, bench) },
        rival: {
          label: "ssh here 'cat > f && sync f' < f",
          prepare: 'rm -f g',
          script: `ssh -F ssh_config here 'cat > ${bench.work}/g && sync ${bench.work}/g' < f`,
        },
        check: 'cat copy/t-0/*.log | cmp - f',
      }
    },
  },
  {
    name: 'replicate-tcp',
    limit: 'the same bytes through two socat into a file, then sync',
    goal: { figure: 'time', must: 1.5, hopedFor: 1.1 },
    async start(bench) {
      if (!isInstalled('socat')) return { kind: 'skipped', reason: 'socat is not installed' }
      const tslog = await produced(bench)
      runBash('cat log/t-0/*.log > f', bench.surroundings)
      const heard = 'grep -q listening said 2> /dev/null'
      return {
        kind: 'duel',
        tslog: {
          label: 'tslog replicate t tcp://127.0.0.1:PORT, to a tslog serve',
          // How it starts is measured elsewhere.
          prepare: `rm -rf served address; ${tslog} serve -d served --quiet --listen 127.0.0.1:0 > address < /dev/null 2> said & echo $! > pid
            until test -s address; do sleep 0.02; done`,
          script: `${tslog} replicate t tcp://127.0.0.1:"$(sed s/.*:// address)"; kill -9 "$(cat pid)"`,
        },
        rival: {
          label: 'socat -u TCP4-LISTEN:PORT CREATE:g & socat -u OPEN:f TCP4:127.0.0.1:PORT; sync g',
          prepare: 'rm -f g said',
          script: `socat -d -d -u -b 262144 TCP4-LISTEN:0,bind=127.0.0.1 CREATE:g 2> said & until ${heard}; do sleep 0.001; done
            socat -u -b 262144 OPEN:f TCP4:127.0.0.1:"$(sed -n 's/.*listening on.*://p' said)"; wait; sync g`,
        },
        check: 'cat served/t-0/*.log | cmp - f',
      }
    },
  },
  {
    name: 'replicate-nothing',
    limit: 'ssh that does nothing',
    goal: { figure: 'time', must: 1.3, hopedFor: 1.1 },
    async start(bench) {
      const skipped = missing()
      if (skipped !== undefined) return skipped
      const tslog = await filled(bench)
      runBash(replicate(tslog, bench), bench.surroundings)
      return {
        kind: 'duel',
        tslog: { label: 'tslog replicate t ssh://here/copy, nothing new', script: replicate(tslog, bench) },
        rival: { label: 'ssh here true', script: 'ssh -F ssh_config here true' },
      }
    },
  },
  {
    name: 'replicate-more',
    limit: 'rsync of the directory over the same ssh',
    goal: { figure: 'time', must: 0.8, hopedFor: 0.4 },
    async start(bench) {
      const skipped = missing(['rsync'])
      if (skipped !== undefined) return skipped
      const tslog = await filled(bench)
      const input = quote(await bench.input('access'))
      runBash(
        `${replicate(tslog, bench)}; cp -a log mirror; head -c ${Math.floor(bench.size / 100)} ${input} > more`,
        bench.surroundings,
      )
      // What the other side of the pair had appended is brought along before: each copies 1 %.
      const appendedTo = (copy: string): string => `${copy}; ${tslog} produce t < more`
      const rsync = `rsync -a -e 'ssh -F ssh_config' log/ here:${bench.work}/mirror/`
      return {
        kind: 'duel',
        tslog: {
          label: 'tslog replicate t ssh://here/copy, 1 % appended',
          prepare: appendedTo(replicate(tslog, bench)),
          script: replicate(tslog, bench),
        },
        rival: { label: 'rsync -a log/ here:mirror/, 1 % appended', prepare: appendedTo(rsync), script: rsync },
        check: 'for segment in log/t-0/*.log; do cmp "$segment" "copy/t-0/${segment##*/}"; done',
      }
    },
  },
  {
    name: 'replicate-follow',
    limit: 'no rival: what a reader takes for at once',
    goal: { figure: 'milliseconds', must: 150, hopedFor: 30 },
    async start(bench) {
      const skipped = missing()
      if (skipped !== undefined) return skipped
      const tslog = quote(bench.tslog)
      withSsh(bench)
      runBash(`echo 0 0 | ${tslog} produce t; ${replicate(tslog, bench)}`, bench.surroundings)
      return {
        kind: 'reading',
        label:
          'p99 from tslog produce t to tslog consume t -f at the other end of tslog replicate t ssh://here/copy -f',
        async read() {
          const following = {
            produce: `${tslog} produce t`,
            replicate: `${replicate(tslog, bench)} --follow --quiet`,
            consume: `${tslog} consume t --follow --offset end --quiet --dir copy`,
          }
          const rate = { count: 1000, everyMs: 20, surroundings: bench.surroundings }
          const latencies = await followLatencies(following, rate)
          const at = (share: number): number => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN
          return { amount: at(0.99), note: `p50 ${at(0.5).toFixed(1)} ms, slowest ${at(1).toFixed(1)} ms` }
        },
      }
    },
  },
]

function missing(more: readonly string[] = []): { kind: 'skipped'; reason: string } | undefined {
  const absent = ['ssh', 'ssh-keygen', ...more].find((command) => !isInstalled(command))
  if (absent === undefined && existsSync('/usr/sbin/sshd')) return undefined
  return { kind: 'skipped', reason: `${absent ?? 'sshd'} is not installed` }
}

function replicate(tslog: string, { work }: Bench): string {
  return `${tslog} replicate t ssh://here${work}/copy --ssh-command 'ssh -F ssh_config' --remote-tslog ${tslog}`
}

/** Ten segments. Returns how tslog is called. */
async function produced(bench: Bench): Promise<string> {
  const tslog = quote(bench.tslog)
  const input = quote(await bench.input('access'))
  const segmentBytes = Math.max(1024 * 1024, Math.floor(bench.size / 10))
  runBash(`${tslog} produce t --config segment.bytes=${segmentBytes} < ${input}`, bench.surroundings)
  return tslog
}

/** The same, and `withSsh`. */
async function filled(bench: Bench): Promise<string> {
  const tslog = await produced(bench)
  withSsh(bench)
  return tslog
}

/** Makes an ssh that reaches this machine as `here`. */
function withSsh(bench: Bench): void {
  const sshd = [
    `HostKey ${bench.work}/host`,
    `AuthorizedKeysFile ${bench.work}/user.pub`,
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
  ]
  const ssh = [
    'Host here',
    `ProxyCommand /usr/sbin/sshd -i -f ${bench.work}/sshd_config`,
    `IdentityFile ${bench.work}/user`,
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
  ]
  const lines = (texts: readonly string[]): string => texts.map((text) => quote(text)).join(' ')
  runBash(
    `mkdir -p /run/sshd 2> /dev/null || true
    for key in host user; do ssh-keygen -q -t ed25519 -N '' -f $key; done
    printf '%s\\n' ${lines(sshd)} > sshd_config; printf '%s\\n' ${lines(ssh)} > ssh_config`,
    bench.surroundings,
  )
}
