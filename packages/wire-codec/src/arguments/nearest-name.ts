import { quote } from './describe-value.ts'

/** Names longer than this are compared by no distance: nobody mistypes them letter by letter. */
const MAX_COMPARED_LENGTH = 64

/**
 * The name among `known` that was probably meant: the nearest by letters that are missing, too many, wrong or
 * swapped, of which a third may be. Undefined where none is near.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_COMPARED_LENGTH) return undefined
  const lower = name.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    if (candidate.length > MAX_COMPARED_LENGTH) continue
    const distance = editDistance(lower, candidate.toLowerCase())
    if (distance < bestDistance) {
      bestDistance = distance
      best = candidate
    }
  }
  return best
}

/** What the message of a fault ends with: the name that was probably meant, or nothing where none is near. */
export function didYouMean(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean ${quote(near)}?`
}

/** Letters to insert, delete, change or swap with their neighbour (Damerau and Levenshtein). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1]
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (isSwap) least = Math.min(least, beforeLast[j - 2]! + 1)
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[to.length]!
}
