/** What fits the words that somebody typed, best first: those that begin with them before those that contain them. */
export function find<T>(items: readonly T[], q: string, textOf: (item: T) => string): T[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const ranked = items.flatMap((item, index) => {
    const text = textOf(item).toLowerCase()
    if (!words.every((word) => text.includes(word))) return []
    const starts = words.filter((word) => text.split(/[\s/\-_.:]+/).some((part) => part.startsWith(word))).length
    return [{ item, rank: starts, index }]
  })
  return ranked.sort((a, b) => b.rank - a.rank || a.index - b.index).map(({ item }) => item)
}
