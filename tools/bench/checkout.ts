import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Another state of this repository, in a folder of its own. Its dependencies are those of this one: what is
 * compared is our code and not theirs. What this one does not have any more is installed for it.
 * @param ref a commit, a branch or a tag.
 * @returns where it is, and how to be rid of it.
 * @throws Error where there is no such state, or its dependencies cannot be had.
 */
export function checkout(
  root: string,
  ref: string,
): { readonly folder: string; readonly remove: () => void } {
  const above = mkdtempSync(join(tmpdir(), 'sapwood-against-'))
  const folder = join(above, 'tree')
  const remove = (): void => {
    git(root, ['worktree', 'remove', '--force', folder])
    rmSync(above, { recursive: true, force: true, maxRetries: 5 })
  }
  const added = git(root, ['worktree', 'add', '--detach', folder, ref])
  if (added.status !== 0) {
    remove()
    throw new Error(added.stderr)
  }
  linkModules(root, folder)
  const missing = missingModules(folder)
  if (missing.length > 0) {
    // Above it, where Node.js looks next.
    const args = ['install', '--prefix', above, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
    const installed = spawnSync('npm', [...args, ...missing], { cwd: above, encoding: 'utf8' })
    if (installed.status !== 0) {
      remove()
      throw new Error(installed.stderr)
    }
  }
  return { folder, remove }
}

/** What its packages depend on, and is not there: `name@version`. */
function missingModules(folder: string): string[] {
  const missing = new Set<string>()
  for (const name of readdirSync(join(folder, 'packages'))) {
    const manifest = JSON.parse(readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8')) as {
      readonly dependencies?: Record<string, string>
      readonly devDependencies?: Record<string, string>
    }
    for (const [module, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      const isThere =
        module.startsWith('@sapwood/') || existsSync(join(folder, 'node_modules', module, 'package.json'))
      if (!isThere) missing.add(`${module}@${version}`)
    }
  }
  return [...missing]
}

/** All modules of `root`, but the packages of the repository: those are its own. */
function linkModules(root: string, folder: string): void {
  const modules = join(root, 'node_modules')
  const own = join(folder, 'node_modules')
  mkdirSync(join(own, '@sapwood'), { recursive: true })
  for (const name of readdirSync(modules)) {
    if (name !== '@sapwood' && name !== '.cache') symlinkSync(join(modules, name), join(own, name))
  }
  for (const name of readdirSync(join(folder, 'packages'))) {
    symlinkSync(join(folder, 'packages', name), join(own, '@sapwood', name))
  }
}

function git(
  root: string,
  args: readonly string[],
): { readonly status: number | null; readonly stderr: string } {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' })
}
