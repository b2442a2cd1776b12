// `prepack` of each package: an archive of a tree that is not built would hold no code, and npm would publish
// it all the same. Run in the package's folder.
import { existsSync, readFileSync } from 'node:fs'

const { name, exports, bin = {} } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Every file that a value of `exports` names, but for those of the sources. */
function filesOf(target, condition) {
  if (condition === '@sapwood/source') return []
  if (typeof target === 'string') return [target]
  return Object.entries(target).flatMap(([key, value]) => filesOf(value, key))
}

const missing = [...filesOf(exports), ...Object.values(bin), './LICENSE'].filter((file) => !existsSync(file))
if (missing.length > 0) {
  console.error(`${name} is not built: there is no ${missing.join(', ')}. Run \`npm run build\` first.`)
  process.exit(1)
}
