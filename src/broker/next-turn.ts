/**
 * Lets others have their turn. To be awaited between the changes of one request that each wait for the disk: there may be a thousand, and nobody
 * else would be answered all the while.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
