/** The name of a system error, such as `ENOENT` for 2. The machine's list of all of them is loaded for those that seldom come. */
export function errnoName(errno: number): string {
  return (
    errnoNames[errno] ?? process.getBuiltinModule('node:util').getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`
  )
}

/** What a system error means, as the machine says it. */
export function errnoMeaning(errno: number): string {
  return process.getBuiltinModule('node:util').getSystemErrorMap().get(-errno)?.[1] ?? 'unknown error'
}

const errnoNames: Readonly<Record<number, string>> = {
  2: 'ENOENT',
  4: 'EINTR',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  17: 'EEXIST',
  20: 'ENOTDIR',
  22: 'EINVAL',
  35: 'EDEADLK',
  37: 'ENOLCK',
  38: 'ENOSYS',
  88: 'ENOTSOCK',
  95: 'ENOTSUP',
  // The runtime's list has it not.
  122: 'EDQUOT',
}
