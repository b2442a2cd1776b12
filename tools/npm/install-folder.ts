import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Installs what a folder's own lock file names, where it is not there yet: packages that one bench or example
 * needs, and the repository does not. No scripts of theirs are run.
 * @returns what loads modules from there.
 */
export function requireFrom(folder: string, name: string): NodeJS.Require {
  if (!existsSync(join(folder, 'node_modules', name, 'package.json'))) install(folder, name)
  return createRequire(join(folder, 'package.json'))
}

function install(folder: string, name: string): void {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--workspaces=false']
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${name} cannot be installed:\n${stderr}`)
}
