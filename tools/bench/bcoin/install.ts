import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * Installs npm bcoin into this folder where it is not there yet; its database does not compile, and is not
 * needed.
 */
function installBcoin(): void {
  if (existsSync(join(import.meta.dirname, 'node_modules/bcoin/package.json'))) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--workspaces=false']
  const { status, stderr } = spawnSync('npm', args, { cwd: import.meta.dirname, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm bcoin cannot be installed:\n${stderr}`)
}

/** Installs bcoin if need be, and loads one of its modules. @param path Such as `lib/primitives/block`. */
export function requireBcoin(path: string): unknown {
  installBcoin()
  const require = createRequire(join(import.meta.dirname, 'package.json'))
  loadMurmur(require)
  return require(`bcoin/${path}`)
}

/**
 * Its MurmurHash3 has no way to do without a compiled part but this; its hashes, which are measured, then
 * find node:crypto.
 */
function loadMurmur(require: NodeJS.Require): void {
  const backend = process.env['NODE_BACKEND']
  process.env['NODE_BACKEND'] = 'js'
  require('mrmr')
  if (backend === undefined) delete process.env['NODE_BACKEND']
  else process.env['NODE_BACKEND'] = backend
}
