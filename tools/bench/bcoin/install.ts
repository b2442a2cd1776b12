import { requireFrom } from '../../npm/install-folder.ts'

/**
 * Installs bcoin if need be, without its database, which does not compile and is not needed, and loads one of
 * its modules. @param path Such as `lib/primitives/block`.
 */
export function requireBcoin(path: string): unknown {
  const require = requireFrom(import.meta.dirname, 'bcoin')
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
