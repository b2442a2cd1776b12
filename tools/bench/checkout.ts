import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Another state of this repository, in a folder of its own. Its dependencies are those of this one: what is
 * compared is our code and not theirs.
 * @param ref a commit, a branch or a tag.
 * @returns where it is, and how to be rid of it.
 * @throws Error where there is no such state.
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
  return { folder, remove }
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
