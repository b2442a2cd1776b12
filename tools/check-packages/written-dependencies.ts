import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface LockedPackage {
  readonly version?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}
type Locked = Readonly<Record<string, LockedPackage>>

/** One package that an installation of ours brings along. */
export interface InstalledDependency {
  readonly name: string
  readonly version: string
}

/** Where a package that is required from `folder` is, as Node.js looks for it. */
function locate(locked: Locked, folder: string, name: string): string | undefined {
  for (
    let at = folder;
    ;
    at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : ''
  ) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (path in locked) return path
    if (at === '') return undefined
  }
}

/** All that the published packages need to run, however deep, by the lock file. */
export function installedDependencies(root: string): InstalledDependency[] {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Locked
  }
  const found = new Map<string, InstalledDependency>()
  const visited = new Set<string>()
  const visit = (path: string): void => {
    if (visited.has(path)) return
    visited.add(path)
    const entry = locked[path]!
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const at = locate(locked, path, name)
      if (at === undefined) continue
      const dependency = locked[at]!
      if (dependency.link === true) continue
      found.set(`${name} ${dependency.version}`, { name, version: dependency.version ?? '' })
      visit(at)
    }
  }
  for (const path of Object.keys(locked)) if (/^packages\/[^/]+$/.test(path)) visit(path)
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** What the published packages use where a program has installed it. */
function peerDependencies(root: string): string[] {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Locked
  }
  const ours = Object.entries(locked).filter(([path]) => /^packages\/[^/]+$/.test(path))
  return [...new Set(ours.flatMap(([, entry]) => Object.keys(entry.peerDependencies ?? {})))].sort()
}

/**
 * What docs/dependencies.md and the lock file do not agree on: a package that nobody has written down, one of
 * another version, one that is gone.
 */
export function unwrittenDependencies(root: string): string[] {
  const text = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(
    ([, name, version]) => `${name} ${version?.trim()}`,
  )
  const installed = installedDependencies(root).map(({ name, version }) => `${name} ${version}`)
  return [
    ...peerDependencies(root)
      .filter((name) => !text.includes(`\`${name}\``))
      .map((name) => `${name} is used where it is installed, and is not in docs/dependencies.md`),
    ...installed
      .filter((each) => !rows.includes(each))
      .map(
        (each) =>
          `${each} comes with the packages, and is not in docs/dependencies.md: what is it for, and whose?`,
      ),
    ...rows
      .filter((each) => !installed.includes(each))
      .map((each) => `${each} is in docs/dependencies.md, and does not come with the packages`),
  ]
}
