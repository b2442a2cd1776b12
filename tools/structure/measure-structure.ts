import type { FileImport } from './read-imports.ts'

/** An import that leads to a folder of a higher place than its own. */
interface UpwardImport extends FileImport {
  readonly arrow: string
}

/** How the folders of a package hang together. */
export interface Structure {
  /** Folders that hold files, however deep; the files beside the folders count as one more, `src`. */
  readonly folders: readonly string[]
  /** Pairs of folders of which the first imports from the second, `a > b`. */
  readonly arrows: readonly string[]
  /** Imports that run up in the declared order. */
  readonly upward: readonly UpwardImport[]
  /** Groups of files that import each other in a circle. */
  readonly circles: readonly (readonly string[])[]
  /** Folders without a place in the order, and places without a folder. */
  readonly unplaced: readonly string[]
}

/**
 * Measures the imports of one package.
 * @param order its folders from the bottom up.
 */
export function measureStructure(
  files: readonly string[],
  imports: readonly FileImport[],
  order: readonly string[],
): Structure {
  const folders = [...new Set(files.map(folderOf))].sort()
  // The files beside the folders are the entries of the package: they may import all, and only what stands
  // above them, where the order says so, imports them.
  const places = order.includes(ENTRIES) ? order : [...order, ENTRIES]
  const arrows = new Set<string>()
  const upward: UpwardImport[] = []
  for (const { from, to } of imports) {
    const [lower, upper] = [folderOf(to), folderOf(from)]
    if (lower === upper) continue
    const arrow = `${upper} > ${lower}`
    arrows.add(arrow)
    if (places.indexOf(lower) > places.indexOf(upper)) upward.push({ from, to, arrow })
  }
  const unplaced = [
    ...folders.filter((folder) => !places.includes(folder)),
    ...order.filter((folder) => !folders.includes(folder)),
  ]
  return { folders, arrows: [...arrows].sort(), upward, circles: circlesOf(imports), unplaced }
}

const ENTRIES = 'src'

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : ENTRIES
}

/** Strongly connected components of more than one file (Tarjan). */
function circlesOf(imports: readonly FileImport[]): readonly (readonly string[])[] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])
  const seen = new Map<string, { index: number; low: number; open: boolean }>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): { index: number; low: number; open: boolean } => {
    const state = { index: seen.size, low: seen.size, open: true }
    seen.set(file, state)
    stack.push(file)
    for (const target of targets.get(file) ?? []) {
      const known = seen.get(target)
      if (known === undefined) state.low = Math.min(state.low, visit(target).low)
      else if (known.open) state.low = Math.min(state.low, known.index)
    }
    if (state.low === state.index) {
      const circle = stack.splice(stack.indexOf(file))
      for (const member of circle) seen.get(member)!.open = false
      if (circle.length > 1) circles.push(circle.sort())
    }
    return state
  }
  for (const file of targets.keys()) if (!seen.has(file)) visit(file)
  return circles
}

/**
 * The order of the folders in which the fewest arrows run up, found by moving one folder at a time: what to
 * declare for a package whose folders have changed.
 */
export function suggestOrder(folders: readonly string[], arrows: readonly string[]): readonly string[] {
  const pairs = arrows.map((arrow) => arrow.split(' > ') as [string, string])
  const upward = (order: readonly string[]): number =>
    pairs.filter(([upper, lower]) => order.indexOf(lower) > order.indexOf(upper)).length
  let best = [...folders]
  for (let improved = true; improved; ) {
    improved = false
    for (const folder of folders) {
      for (let place = 0; place < folders.length; place++) {
        const moved = best.filter((other) => other !== folder)
        moved.splice(place, 0, folder)
        if (upward(moved) < upward(best)) {
          best = moved
          improved = true
        }
      }
    }
  }
  return best
}
