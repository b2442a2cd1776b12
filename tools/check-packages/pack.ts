import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export interface Manifest {
  readonly name: string
  readonly version: string
  /** Is not published. */
  readonly private?: boolean
  readonly exports: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

/** Runs a program. @throws Error with all that it printed. */
export function sh(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout ?? ''}${stderr ?? ''}`)
  }
}

/** The packages of this repository, each packed as npm would publish it. They have to be built. */
export class PackedPackages {
  readonly manifests: ReadonlyMap<string, Manifest>
  readonly #archives: ReadonlyMap<string, string>

  /** Packs all of them into a folder. */
  constructor(folder: string) {
    const manifests = new Map<string, Manifest>()
    const archives = new Map<string, string>()
    for (const name of readdirSync(join(root, 'packages'))) {
      const path = join(root, 'packages', name)
      const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest
      if (manifest.private === true) continue
      const [packed] = JSON.parse(sh('npm', ['pack', '--json', '--pack-destination', folder], path)) as [
        { filename: string },
      ]
      manifests.set(manifest.name, manifest)
      archives.set(manifest.name, join(folder, packed.filename))
    }
    this.manifests = manifests
    this.#archives = archives
  }

  archiveOf(name: string): string {
    return this.#archives.get(name)!
  }

  /**
   * What a `package.json` says to install these, and those of this repository that they depend on, however
   * deep.
   */
  dependenciesOn(...names: readonly string[]): Record<string, string> {
    const found: Record<string, string> = {}
    const add = (name: string): void => {
      const archive = this.#archives.get(name)
      if (archive === undefined || name in found) return
      found[name] = `file:${archive}`
      Object.keys(this.manifests.get(name)!.dependencies ?? {}).forEach(add)
    }
    names.forEach(add)
    return found
  }
}
