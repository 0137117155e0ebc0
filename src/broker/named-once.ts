/**
 * The first of those that have the same key. What is named a hundred thousand times over is told once: an answer is bounded by what there is, not
 * by how often somebody asks for it in one request.
 */
export function namedOnce<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Map<string, T>()
  for (const item of items) {
    const key = keyOf(item)
    if (!seen.has(key)) seen.set(key, item)
  }
  return [...seen.values()]
}
